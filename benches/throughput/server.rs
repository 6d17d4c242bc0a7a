//! The loopback server: as little work for a request as can be, so that the clients are what is measured.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::behaviour::{Answer, Behaviour, Log};

/// Serves with `behaviour` until the process ends. `GET /stats` tells what happened.
pub(crate) async fn serve(listener: TcpListener, behaviour: Behaviour) {
    let log = Arc::new(Mutex::new(Log::new(behaviour)));
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&log)));
    }
}

async fn converse(mut stream: TcpStream, log: Arc<Mutex<Log>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let (head, end) = loop {
            if let Some(request) = whole(&buffer) {
                break request;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let answer = match buffer.starts_with(b"GET /stats") {
            true => Answer::json(&log.lock().ok()?.stats().to_string()),
            false => log.lock().ok()?.answer(&buffer[head..end]),
        };
        buffer.drain(..end);
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        if answer.hangs {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        stream.write_all(&answer.bytes).await.ok()?;
        if answer.closes {
            return None;
        }
    }
}

/// Where the body of the first request begins and ends, once it is there.
fn whole(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let mut length = 0;
    for line in buffer[..head].split(|byte| *byte == b'\n') {
        if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
            length = std::str::from_utf8(&line[15..]).ok()?.trim().parse().ok()?;
        }
    }
    (buffer.len() >= head + length).then_some((head, head + length))
}
