//! Prometheus' answers.

use std::collections::BTreeMap;

use serde::Deserialize;

/// An answer of Prometheus to a query: some series.
///
/// Source: Prometheus' HTTP API, "Instant queries" and "Range queries".
///
/// # Examples
///
/// ```
/// use smi_metrics_model::prometheus::Answer;
///
/// let json = r#"{"status": "success", "data": {"resultType": "vector", "result": [
///     {"metric": {"pod": "web-0"}, "value": [1554762355.5, "12"]}
/// ]}}"#;
/// let answer = Answer::parse(json)?;
/// assert_eq!(answer.samples()[0].points, [(1554762355.5, 12.0)]);
///
/// let json = r#"{"status": "error", "errorType": "bad_data", "error": "parse error"}"#;
/// let error = Answer::parse(json).unwrap_err();
/// assert_eq!(error.to_string(), "Prometheus answers bad_data: parse error");
/// # Ok::<(), smi_metrics_model::prometheus::AnswerError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    is_range: bool,
    samples: Vec<Sample>,
    warnings: Vec<String>,
}

impl Answer {
    /// Reads the JSON of an answer: a vector, or a matrix.
    ///
    /// # Errors
    ///
    /// It is none, it says that the query failed, it is of another type (a scalar or a string), a
    /// value is no number, or a series has native histograms.
    pub fn parse(json: &str) -> Result<Self, AnswerError> {
        let Wire { status, error_type, error, data, warnings } = serde_json::from_str(json)?;
        if status != "success" {
            return Err(AnswerError::Failed {
                kind: error_type.unwrap_or(status),
                message: error.unwrap_or_default(),
            });
        }
        let WireData { result_type, result } =
            data.ok_or_else(|| AnswerError::Type { found: "nothing".to_owned() })?;
        let is_range = match result_type.as_str() {
            "vector" => false,
            "matrix" => true,
            _ => return Err(AnswerError::Type { found: result_type }),
        };
        let series: Vec<WireSeries> = serde_json::from_value(result)?;
        let samples = series.into_iter().enumerate().map(|(index, series)| series.read(index));
        Ok(Self { is_range, samples: samples.collect::<Result<_, _>>()?, warnings })
    }

    /// The series.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// What Prometheus warns of.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether it is a matrix: values at several points in time.
    pub const fn is_range(&self) -> bool {
        self.is_range
    }
}

/// One series of an [`Answer`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// Points in time, in seconds since 1970, with their values. A value can be infinite or NaN.
    pub points: Vec<(f64, f64)>,
}

/// Why an answer has no series.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It is no answer of Prometheus.
    #[error("no answer of Prometheus: {0}")]
    Json(#[from] serde_json::Error),
    /// The query failed.
    #[error("Prometheus answers {}: {}", .kind.escape_debug(), .message.escape_debug())]
    Failed {
        /// The type of the error.
        kind: String,
        /// The error.
        message: String,
    },
    /// The answer is of another type.
    #[error("the answer is `{}`, expected `vector` or `matrix`", .found.escape_debug())]
    Type {
        /// The type.
        found: String,
    },
    /// A value is no number.
    #[error("data.result[{index}]: `{}`, expected a number", .found.escape_debug())]
    Value {
        /// The place of the series.
        index: usize,
        /// The value.
        found: String,
    },
    /// A series has no plain values.
    #[error("data.result[{index}]: a native histogram, expected values")]
    Histogram {
        /// The place of the series.
        index: usize,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    status: String,
    error_type: Option<String>,
    error: Option<String>,
    data: Option<WireData>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireData {
    result_type: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct WireSeries {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
    histogram: Option<serde::de::IgnoredAny>,
    histograms: Option<serde::de::IgnoredAny>,
}

impl WireSeries {
    fn read(self, index: usize) -> Result<Sample, AnswerError> {
        if self.histogram.is_some() || self.histograms.is_some() {
            return Err(AnswerError::Histogram { index });
        }
        let points = self.value.into_iter().chain(self.values);
        let points = points.map(|(time, value)| match value.parse::<f64>() {
            Ok(number) => Ok((time, number)),
            Err(_) => Err(AnswerError::Value { index, found: value }),
        });
        Ok(Sample { labels: self.metric, points: points.collect::<Result<_, _>>()? })
    }
}
