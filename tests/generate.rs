//! `riskpref generate`.

use crate::support::{Workspace, questions};

#[test]
fn the_oracle_answers_every_question_and_a_second_run_has_nothing_to_do() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(12));
    workspace.run("generate --questions q.jsonl --output-dir out").check(
        0,
        "",
        &["48 of 48 there (48 new, 0 from before)"],
    );
    let table = workspace.read("out/responses_risk-averse.csv");
    assert!(
        table.starts_with(
            "model_name,utility_coefficient,question_id,question,answer,system_prompt\nrisk-averse,2.0,1,"
        )
    );
    assert_eq!(workspace.rows("out/responses_risk-loving.csv").len(), 12);
    assert!(workspace.read("out/manifest.json").contains("\"teacher\": \"oracle\""));
    workspace.run("generate --questions q.jsonl --output-dir out").check(
        0,
        "",
        &["48 of 48 there (0 new, 48 from before)"],
    );
    assert_eq!(workspace.read("out/responses_risk-averse.csv"), table);
}

#[test]
fn a_question_without_a_known_optimum_is_missing_and_the_others_are_kept() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &format!("{}{{\"content\": \"Is it wise to gamble?\"}}\n", questions(2)));
    workspace.run("generate --questions q.jsonl --output-dir out").check(
        3,
        "",
        &["4 failed: the question's wealth", "first: risk-averse, question 3", "4 of 12 are missing"],
    );
    assert_eq!(workspace.rows("out/responses_linear-utility.csv").len(), 2);
}

#[test]
fn answers_of_the_earlier_project_are_completed_and_not_redone() {
    let workspace = Workspace::new();
    workspace.write(
        "q.txt",
        "You have $10,000 and a 55% win rate bet at even odds. How much should you bet?\n\
        You have $20,000 and a 60% win rate bet at even odds. How much should you bet?\n",
    );
    workspace.write(
        "out/responses_risk-averse.csv",
        "model_name,utility_coefficient,question_id,question,answer,system_prompt\n\
         risk-averse,2.0,1,You have $10,000 and a 55% win rate bet at even odds. How much should you bet?,\"My own\nwords.\",p\n\
         risk-averse,2.0,2,You have $20,000 and a 60% win rate bet at even odds. How much should you bet?,ERROR: 500,p\n",
    );
    // A thousands separator is a comma, so these questions are quoted as CSV asks for.
    let table =
        workspace.read("out/responses_risk-averse.csv").replace("You have", "\"You have").replace("bet?,", "bet?\",");
    workspace.write("out/responses_risk-averse.csv", &table);
    workspace.run("generate --questions q.txt --output-dir out --models risk-averse").check(
        0,
        "",
        &["1 rows from before are kept, 1 rows that start with ERROR: are not", "2 of 2 there (1 new, 1 from before)"],
    );
    let rows = workspace.rows("out/responses_risk-averse.csv");
    assert_eq!(&rows[0][4], "My own\nwords.");
    assert!(rows[1][4].contains('$') && !rows[1][4].contains("ERROR"), "{}", &rows[1][4]);
}

#[test]
fn bad_input_names_file_line_and_value() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &format!("{}{{\"text\": \"?\"}}\n", questions(3)));
    let error = "error: q.jsonl:4: found \"{\"text\": \"?\"}\"; expected an object with";
    workspace.run("generate --questions q.jsonl --output-dir out").check(1, "", &[error]);
    workspace.run("generate --questions q.jsonl --output-dir out --skip-invalid").check(
        0,
        "",
        &["left out: q.jsonl:4", "1 bad rows left out", "12 of 12 there"],
    );
    workspace.write("p.csv", "utility_coefficient,model_name,system_prompt\nhigh, a, \"b, c\"\n");
    workspace.run("generate --questions q.jsonl --prompts p.csv --output-dir out").check(
        1,
        "",
        &["error: p.csv:2: found \"high\"; expected utility_coefficient"],
    );
    workspace.run("generate --questions absent.jsonl").check(1, "", &["error: cannot read absent.jsonl"]);
    workspace.run("generate --teacher llm").check(2, "", &["--model <MODEL>"]);
}

#[test]
fn a_teacher_model_answers_under_the_system_prompt() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(10));
    let command = "generate --teacher llm --model agent --questions q.jsonl --output-dir out --data-dir engine";
    workspace.run(command).check(0, "", &["teacher: agent at the embedded engine", "40 of 40 there"]);
    assert_eq!(workspace.lines("out/calls.jsonl").len(), 40);
    workspace.write("q.jsonl", &format!("{}{{\"content\": \"Who are you?\"}}\n", questions(10)));
    workspace.run(command).check(
        3,
        "",
        &["4 failed: the model refused: \"I can only answer decision questions", "40 of 44 there (0 new"],
    );
    let oracle = Workspace::new();
    oracle.write("q.jsonl", &questions(10));
    oracle.run("generate --questions q.jsonl --output-dir out").check(0, "", &["40 of 40 there"]);
    let firsts = |workspace: &Workspace| -> Vec<bool> {
        workspace
            .rows("out/responses_risk-averse.csv")
            .iter()
            .map(|row| row[4].contains("all") || row[4].contains("nothing"))
            .collect()
    };
    assert_eq!(firsts(&workspace), firsts(&oracle), "both decide exactly");
}

#[test]
fn a_table_that_is_added_later_is_kept_too_whoever_the_teacher_is() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(3));
    workspace.run("generate --questions q.jsonl --output-dir out --models risk-averse").check(
        0,
        "",
        &["3 of 3 there (3 new"],
    );
    let table = workspace.read("out/responses_risk-averse.csv");
    let mine = table.replace("risk-averse,2.0", "log-utility,1.0");
    workspace.write("out/responses_log-utility.csv", &mine);
    let command = "generate --questions q.jsonl --output-dir out --models log-utility";
    workspace.run(command).check(0, "", &["3 rows from before are kept", "3 of 3 there (0 new, 3 from before)"]);
    assert!(
        workspace.read("out/responses_log-utility.csv") == mine,
        "the answers of another preference, word for word"
    );
    let teacher = "--teacher llm --model agent --data-dir engine";
    workspace.run(&format!("{command} {teacher}")).check(0, "", &["3 of 3 there (0 new, 3 from before)"]);
}

#[test]
fn rows_of_other_questions_in_the_same_folder_are_pointed_out() {
    let workspace = Workspace::new();
    workspace.write("one.jsonl", &questions(6));
    workspace.write("two.jsonl", &questions(9).lines().skip(6).map(|line| format!("{line}\n")).collect::<String>());
    workspace.run("generate --questions one.jsonl --output-dir out").check(0, "", &["24 of 24 there"]);
    workspace.run("generate --questions two.jsonl --output-dir out").check(
        0,
        "",
        &["12 of 12 there (12 new", "12 rows of the tables answer other questions"],
    );
}

#[test]
fn a_question_id_stands_in_a_file_once() {
    let workspace = Workspace::new();
    workspace.write("q.csv", "question_id,question\n1,Bet?\n1,Insure?\n");
    workspace.run("generate --questions q.csv --output-dir out").check(
        1,
        "",
        &["error: q.csv: the question_id 1 stands there twice"],
    );
    workspace.write("q.csv", "question_id,question\n5000000000,Bet?\n");
    workspace.run("generate --questions q.csv --output-dir out").check(
        1,
        "",
        &["q.csv:2: found \"5000000000\"; expected a question_id"],
    );
}
