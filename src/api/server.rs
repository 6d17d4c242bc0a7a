//! A server: its address, the key, and what every request to it carries.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::Error;

/// A server that speaks the OpenAI API.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// Everything before `/chat/completions`, for example `https://api.openai.com/v1`. A query, such as Azure's
    /// `?api-version=preview`, stays behind the path of every request.
    pub base_url: String,
    /// The key, where the server wants one.
    pub key: Option<SecretString>,
    /// The environment variable in which the key is looked for, for advice; empty where there is none.
    pub key_variable: &'static str,
    /// The header that carries the key: `Authorization` (as a bearer token), or another one, such as Azure's `api-key`.
    pub auth_header: Option<String>,
    /// Further headers, names and values. The values are secret.
    pub headers: Vec<(String, SecretString)>,
    /// Further fields of the body of every chat request.
    pub body_fields: Map<String, Value>,
}

/// Hosts of Azure, whose keys go into a header of its own.
const AZURE: [&str; 3] = [".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"];

impl Server {
    /// The address of a path such as `/files?purpose=fine-tune`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        match self.base_url.split_once('?') {
            None => format!("{}{path}", self.base_url),
            Some((base, query)) => {
                let and = if path.contains('?') { '&' } else { '?' };
                format!("{}{path}{and}{query}", base.trim_end_matches('/'))
            }
        }
    }

    /// What every request carries, the key among it. Values are marked as secret.
    ///
    /// # Errors
    /// When a name or a value cannot be one of a header. The value is not told.
    pub fn header_map(&self) -> Result<HeaderMap, Error> {
        let mut map = HeaderMap::new();
        let mut insert = |name: &str, value: &str| {
            let known = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
            let (name, mut value) =
                known.ok_or_else(|| Error::other(format!("{name} with its value is not a header of HTTP")))?;
            value.set_sensitive(true);
            map.insert(name, value);
            Ok(())
        };
        if let Some(key) = &self.key {
            let name = self.auth_header.as_deref().unwrap_or(if is_azure(&self.base_url) { "api-key" } else { BEARER });
            match name.eq_ignore_ascii_case(BEARER) {
                true => insert(name, &format!("Bearer {}", key.expose_secret()))?,
                false => insert(name, key.expose_secret())?,
            }
        }
        for (name, value) in &self.headers {
            insert(name, value.expose_secret())?;
        }
        Ok(map)
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        ["http://127.", "http://localhost", "http://[::1]"].iter().any(|start| self.base_url.starts_with(start))
    }
}

const BEARER: &str = "authorization";

/// The base URL that is meant by `url`: Azure's resource endpoints serve the API under `/openai/v1`.
#[must_use]
pub fn base_url(url: &reqwest::Url) -> String {
    let mut url = url.clone();
    if is_azure(url.as_str()) && url.path() == "/" {
        url.set_path("/openai/v1");
    }
    url.as_str().trim_end_matches('/').to_owned()
}

/// An address without the values of its query, one of which may be a key.
#[must_use]
pub fn shown(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let hidden = |pair: &str| pair.split_once('=').map_or("***".to_owned(), |(name, _)| format!("{name}=***"));
    format!("{path}?{}", query.split('&').map(hidden).collect::<Vec<_>>().join("&"))
}

fn is_azure(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    url.as_ref().and_then(|url| url.host_str()).is_some_and(|host| AZURE.iter().any(|end| host.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(base_url: &str, auth_header: Option<&str>) -> Server {
        let key = Some("sesame".into());
        Server { base_url: base_url.into(), key, auth_header: auth_header.map(str::to_owned), ..Server::default() }
    }

    #[test]
    fn a_query_stays_behind_the_path() {
        assert_eq!(server("http://h/v1", None).at("/files?purpose=x"), "http://h/v1/files?purpose=x");
        let azure = server("http://h/openai/v1?api-version=preview", None);
        assert_eq!(azure.at("/files"), "http://h/openai/v1/files?api-version=preview");
        assert_eq!(azure.at("/files?purpose=x"), "http://h/openai/v1/files?purpose=x&api-version=preview");
    }

    #[test]
    fn the_key_goes_where_the_server_looks_for_it() {
        for (url, header, name, value) in [
            ("https://api.openai.com/v1", None, "authorization", "Bearer sesame"),
            ("https://x.openai.azure.com/openai/v1", None, "api-key", "sesame"),
            ("https://x.openai.azure.com/openai/v1", Some("Authorization"), "authorization", "Bearer sesame"),
            ("http://localhost:8000/v1", Some("X-Key"), "x-key", "sesame"),
        ] {
            let map = server(url, header).header_map().unwrap();
            assert_eq!(map.len(), 1);
            assert_eq!(map[name], value, "{url}");
            assert!(map[name].is_sensitive() && !format!("{map:?}").contains("sesame"));
        }
    }

    #[test]
    fn a_bad_header_is_named_without_its_value() {
        let headers = vec![("X-Team".to_owned(), "se\nsame".into())];
        let error = Server { headers, ..server("http://h", None) }.header_map().unwrap_err().to_string();
        assert!(error.contains("X-Team") && !error.contains("same"), "{error}");
    }

    #[test]
    fn the_values_of_a_query_are_not_shown() {
        assert_eq!(shown("http://h/v1"), "http://h/v1");
        let hidden = shown("http://h/v1?key=sesame&api-version=1&sesame#sesame");
        assert_eq!(hidden, "http://h/v1?key=***&api-version=***&***");
        assert_eq!(shown(&hidden), hidden);
    }

    #[test]
    fn azures_resource_endpoint_is_completed() {
        let base = |url: &str| base_url(&reqwest::Url::parse(url).unwrap());
        assert_eq!(base("https://x.openai.azure.com/"), "https://x.openai.azure.com/openai/v1");
        assert_eq!(base("https://x.openai.azure.com/openai/v1/"), "https://x.openai.azure.com/openai/v1");
        assert_eq!(base("http://localhost:8000/v1"), "http://localhost:8000/v1");
        assert_eq!(base("http://h/v1?api-version=preview"), "http://h/v1?api-version=preview");
    }
}
