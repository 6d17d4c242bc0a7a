//! What a question sentence is: its template, what it is about, and whether tuned models have seen it.

use super::super::template::list::Labels;
use super::super::template::{Reader, Template, Unit, Values};
use super::domain::Domain;
use super::form::Form;

/// Whether models are trained on a phrasing or meet it for the first time when they are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Used in training questions.
    Training,
    /// Kept for evaluation; no training question uses it.
    HeldOut,
}

/// What an answer takes over from its question: the unit of account, and how options are labelled and called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub(in crate::decision) unit: Unit,
    pub(in crate::decision) labels: Labels,
    /// What an option is called, in lower case.
    pub(in crate::decision) noun: &'static str,
}

impl Default for Terms {
    /// Dollars, and options A, B ...
    fn default() -> Self {
        Self { unit: Unit::default(), labels: Labels::default(), noun: "option" }
    }
}

/// One phrasing as data.
pub(super) struct Row {
    group: Group,
    domain: Domain,
    pub(super) unit: Unit,
    pub(super) text: &'static str,
}

/// A sentence in dollars that models are trained on.
pub(super) const fn training(domain: Domain, text: &'static str) -> Row {
    Row { group: Group::Training, domain, unit: Unit::Dollars, text }
}

/// A sentence in dollars that is kept for evaluation.
pub(super) const fn held_out(domain: Domain, text: &'static str) -> Row {
    Row { group: Group::HeldOut, domain, unit: Unit::Dollars, text }
}

/// A sentence without money; all of these are kept for evaluation.
pub(super) const fn counted(domain: Domain, text: &'static str) -> Row {
    let unit = match domain {
        Domain::Harvest => Unit::Tonnes,
        Domain::MachineHours => Unit::MachineHours,
        Domain::Points => Unit::Points,
        Domain::OwnMoney | Domain::Firm | Domain::Client => Unit::Dollars,
    };
    Row { group: Group::HeldOut, domain, unit, text }
}

/// One phrasing of a form of question.
pub struct Sentence {
    /// Trained on or held out.
    pub group: Group,
    /// What it is about.
    pub domain: Domain,
    /// What its amounts are counted in.
    pub unit: Unit,
    /// How it labels options, if it lists any.
    pub labels: Option<Labels>,
    pub(in crate::decision) terms: Terms,
    pub(in crate::decision) form: Form,
    template: Template,
    reader: Reader,
}

impl Sentence {
    pub(super) fn new(form: Form, row: &Row) -> Self {
        let template = Template::counted(row.text, row.unit);
        let style = template.option_style();
        let labels = style.map(|style| style.labels);
        let plain = Terms { unit: row.unit, ..Terms::default() };
        let terms = style.map_or(plain, |style| Terms { labels: style.labels, noun: style.noun, ..plain });
        let reader = Reader::new(&template);
        let Row { group, domain, unit, .. } = *row;
        Self { group, domain, unit, labels, terms, form, template, reader }
    }

    /// Whether it is one of the brief ones, which make sets of their own and are answered in one wording.
    pub fn is_brief(&self) -> bool {
        self.form == Form::Even
    }

    pub(in crate::decision) fn render(&self, values: &Values) -> Option<String> {
        self.template.render(values)
    }

    /// The slots of a normalised text that this sentence fits.
    pub(in crate::decision) fn read(&self, text: &str) -> Option<Values> {
        self.reader.read(text)
    }
}
