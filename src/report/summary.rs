//! Every number of a report in one value, for people, files and charts alike.

use std::io::Write;

use serde::{Deserialize, Serialize};

/// The numbers of a report and what they were made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of riskpref.
    pub version: String,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Bootstrap resamples behind each interval.
    pub resamples: usize,
    /// Confidence level of the intervals, for instance 0.95.
    pub level: f64,
    /// One row for each metric of each model: models as first seen, metrics in the order of
    /// [`crate::judge::METRICS`] and after them as first seen.
    pub rows: Vec<SummaryRow>,
    /// What a reader of the numbers has to know, in sentences.
    pub notes: Vec<String>,
}

/// The scores of one model on one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// The model's name.
    pub model_name: String,
    /// The metric's name.
    pub metric: String,
    /// Mean over all scored responses; none without any.
    pub mean: Option<f64>,
    /// Sample standard deviation over all scored responses; none with fewer than two.
    pub std: Option<f64>,
    /// Scored responses.
    pub count: u64,
    /// Questions that they answer.
    pub questions: usize,
    /// Responses whose score is missing.
    pub missing: u64,
    /// Lower end of the interval of the mean; none with fewer than two questions.
    pub ci_low: Option<f64>,
    /// Upper end of the interval of the mean.
    pub ci_high: Option<f64>,
}

impl Summary {
    /// The models, in the order of the rows.
    #[must_use]
    pub fn models(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.model_name.as_str()))
    }

    /// The metrics that any model has, in the order of the first row of each.
    #[must_use]
    pub fn metrics(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.metric.as_str()))
    }

    /// The row of a model and metric.
    #[must_use]
    pub fn row(&self, model_name: &str, metric: &str) -> Option<&SummaryRow> {
        self.rows.iter().find(|row| row.model_name == model_name && row.metric == metric)
    }

    /// Writes the tidy table, numbers to six decimals, with empty cells for what is missing.
    ///
    /// # Errors
    /// When `output` cannot be written.
    pub fn write_csv(&self, output: impl Write) -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(["model_name", "metric", "mean", "std", "count", "ci_low", "ci_high"])?;
        for row in &self.rows {
            let [mean, std, low, high] = &[row.mean, row.std, row.ci_low, row.ci_high].map(cell);
            let count = &row.count.to_string();
            writer.write_record([&row.model_name, &row.metric, mean, std, count, low, high])?;
        }
        writer.flush()?;
        Ok(())
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// A number for a file: six decimals without trailing zeros, and never "-0".
pub(super) fn cell(number: Option<f64>) -> String {
    let rounded = |number: f64| (number * 1e6).round() / 1e6 + 0.0;
    number.map(|number| rounded(number).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model_name: &str, metric: &str, mean: Option<f64>) -> SummaryRow {
        let (count, interval) = (u64::from(mean.is_some()), mean.filter(|mean| *mean < 40.0));
        SummaryRow {
            model_name: model_name.to_owned(),
            metric: metric.to_owned(),
            mean,
            std: interval.map(|_| -0.0),
            count,
            questions: 1,
            missing: 0,
            ci_low: interval,
            ci_high: interval,
        }
    }

    fn summary() -> Summary {
        let rows = vec![
            row("a,b", "alignment", Some(50.0)),
            row("a,b", "coherence", None),
            row("c", "alignment", Some(100.0 / 3.0)),
        ];
        let version = "0".to_owned();
        Summary { version, seed: 42, resamples: 10, level: 0.95, rows, notes: Vec::new() }
    }

    #[test]
    fn writes_a_tidy_table_with_empty_cells() {
        let mut csv = Vec::new();
        summary().write_csv(&mut csv).unwrap();
        let expected = "model_name,metric,mean,std,count,ci_low,ci_high\n\
            \"a,b\",alignment,50,,1,,\n\
            \"a,b\",coherence,,,0,,\n\
            c,alignment,33.333333,0,1,33.333333,33.333333\n";
        assert_eq!(String::from_utf8(csv).unwrap(), expected);
    }

    #[test]
    fn finds_rows_and_names_each_model_and_metric_once() {
        let summary = summary();
        assert_eq!(summary.models(), ["a,b", "c"]);
        assert_eq!(summary.metrics(), ["alignment", "coherence"]);
        assert_eq!(summary.row("c", "alignment").unwrap().count, 1);
        assert_eq!(summary.row("c", "coherence"), None);
    }

    #[test]
    fn survives_json() {
        let json = serde_json::to_string(&summary()).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary());
    }
}
