//! What a question sentence is: its template, its subject, and whether tuned models have seen it.

/// Whether models are trained on a phrasing or meet it for the first time when they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Used in training questions.
    Training,
    /// Kept for evaluation; no training question uses it.
    HeldOut,
}

/// What a phrasing is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Bare lotteries, bets and games with one's own money.
    Plain,
    /// Business: budgets, clients, harvests, funds.
    Finance,
}

/// One phrasing of a form of question.
#[derive(Debug, Clone, Copy)]
pub struct Sentence {
    /// Trained on or held out.
    pub group: Group,
    /// Plain or finance.
    pub topic: Topic,
    pub(in crate::decision) text: &'static str,
}

pub(super) const fn training(topic: Topic, text: &'static str) -> Sentence {
    Sentence { group: Group::Training, topic, text }
}

pub(super) const fn held_out(topic: Topic, text: &'static str) -> Sentence {
    Sentence { group: Group::HeldOut, topic, text }
}
