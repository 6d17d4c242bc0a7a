//! Who scores, and which options are for it.

use std::path::PathBuf;

use super::super::connect;
use super::Chain;
use crate::cli::{ScoringArgs, Stage};
use crate::server;

impl Chain<'_> {
    /// Whether the judge has another server than the models, whose options are not for it.
    fn judge_is_elsewhere(&self) -> bool {
        let (judge, base_url) = (&self.args.judge, self.args.api.base_url.as_deref());
        let at_home = base_url.is_none() && server::is_embedded(&self.model());
        let own = judge.judge_base_url.as_deref().filter(|_| judge.judge_model.is_some() && !at_home);
        own.is_some_and(|url| connect::is_elsewhere(url, base_url))
    }

    /// Says which options do not reach the judge.
    pub(super) fn tell_of_options(&self) {
        let api = &self.args.api;
        let given = [
            ("--auth-header", api.auth_header.is_some()),
            ("--header", !api.header.is_empty()),
            ("--body-field", !api.body_field.is_empty()),
        ];
        let given: Vec<&str> = given.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect();
        if self.has(Stage::Judge) && !self.args.skip_evaluation && self.judge_is_elsewhere() && !given.is_empty() {
            self.session.terminal.warn(format!(
                "{} go to the server of the models and not to the judge's own; to send it its own, run with --to evaluate and \
                 then riskpref judge and analyze",
                given.join(", ")
            ));
        }
    }

    /// How a results folder is scored, and by whom.
    pub(super) fn scoring(&self, results_dir: PathBuf) -> ScoringArgs {
        let (mut judge, mut api) = (self.args.judge.clone(), self.api());
        let stands_in = judge.judge_model.is_none();
        if stands_in {
            // The embedded agent scores what it can, in this process, wherever the models are.
            judge.judge_model = Some("agent".to_owned());
            (judge.judge_base_url, api.base_url) = (None, None);
        }
        if stands_in || self.judge_is_elsewhere() {
            api.auth_header = None;
            api.header.clear();
            api.body_field.clear();
        }
        let batch = self.args.batch && !stands_in;
        ScoringArgs { results_dir, output_dir: None, sample_size: None, skip_invalid: false, batch, judge, api }
    }
}
