//! A response with the scores that judges gave it.

use csv::StringRecord;

use super::{Fault, Response, Row};

/// How the column of a metric ends: `alignment_score`.
pub const SCORE_SUFFIX: &str = "_score";

/// One row of `detailed_evaluation_results.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredResponse {
    /// The response that was scored.
    pub response: Response,
    /// Metric and score, 0 to 100, for each `<metric>_score` column that has a value; a missing score is left out.
    pub scores: Vec<(String, f64)>,
}

impl Row for ScoredResponse {
    const COLUMNS: &'static [&'static str] = Response::COLUMNS;

    fn from_record(record: &StringRecord, headers: &StringRecord) -> Result<Self, Fault> {
        let mut scores = Vec::new();
        for (header, value) in headers.iter().zip(record) {
            if let Some(metric) = header.strip_suffix(SCORE_SUFFIX).filter(|_| !value.trim().is_empty()) {
                let score = value.trim().parse().ok().filter(|score| (0.0..=100.0).contains(score));
                let score = score.ok_or_else(|| Fault::new(value, format!("{header} from 0 to 100, or nothing")))?;
                scores.push((metric.to_owned(), score));
            }
        }
        Ok(Self { response: Response::from_record(record, headers)?, scores })
    }

    fn check(&self) -> Result<(), Fault> {
        self.response.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: &[&str]) -> Result<ScoredResponse, Fault> {
        let headers = ["question_id", "run_id", "question", "response", "model_name", "model_id"];
        let headers: StringRecord = headers.iter().chain(&["alignment_score", "coherence_score"]).copied().collect();
        ScoredResponse::from_record(&row.iter().copied().collect(), &headers)
    }

    #[test]
    fn a_missing_score_is_missing_and_not_zero() {
        let row = read(&["1", "2", "Bet?", "0.5", "log-utility", "m", "", "85.0"]).unwrap();
        assert_eq!(row.scores, [("coherence".to_owned(), 85.0)]);
        assert_eq!(row.response.response, "0.5");
    }

    #[test]
    fn a_score_that_is_no_number_is_a_fault() {
        let fault = read(&["1", "2", "Bet?", "All.", "log-utility", "m", "high", "85.0"]).unwrap_err();
        assert_eq!(fault.expected, "alignment_score from 0 to 100, or nothing");
        assert!(read(&["1", "2", "Bet?", "All.", "log-utility", "m", "NaN", ""]).is_err());
    }
}
