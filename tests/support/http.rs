//! A server on a thread for each connection, which answers as a function says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// How much of an answer gets through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Delivery {
    Whole,
    /// Half of the body, then the connection is closed.
    Half,
    /// Nothing: the connection is closed.
    Reset,
    /// Nothing: the connection stays open.
    Hang,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: &'static str,
    /// Whole lines.
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) delivery: Delivery,
}

impl Response {
    /// An error in OpenAI's shape; `param` and `code` are JSON.
    pub(crate) fn error(status: &'static str, (message, param, code): (&str, &str, &str)) -> Self {
        let error =
            format!(r#"{{"error":{{"message":"{message}","type":"{message}","param":{param},"code":{code}}}}}"#);
        Self { status, headers: String::new(), body: error, delivery: Delivery::Whole }
    }

    /// A chat completion of 10 tokens in and 3 out.
    pub(crate) fn chat(reply: &str) -> Self {
        let body = serde_json::json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": reply }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13 }
        });
        Self { status: "200 OK", headers: String::new(), body: body.to_string(), delivery: Delivery::Whole }
    }
}

/// Serves on a free port until the test ends; returns the address for OPENAI_BASE_URL.
pub(crate) fn serve(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || converse(stream, &*answer));
        }
    });
    url
}

/// Answers the requests of one connection until one of them closes it.
fn converse(stream: TcpStream, answer: &dyn Fn(&Request) -> Response) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = request(&mut reader) {
        let Response { status, headers, body, delivery } = answer(&request);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        let sent = match delivery {
            Delivery::Whole => body.as_str(),
            Delivery::Half => &body[..body.len() / 2],
            Delivery::Reset => return,
            Delivery::Hang => {
                // Until the client gives up.
                let _ = reader.read(&mut [0]);
                return;
            }
        };
        if stream.write_all((head + sent).as_bytes()).is_err() || delivery == Delivery::Half {
            return;
        }
    }
}

/// The next request, or none when the connection ends.
fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let (mut length, mut head) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).ok()? })
}
