//! Words as tokens: the measure of engines that have no tokenizer.

use crate::api::wire::chat::{ChatRequest, FinishReason, Message};

use super::engine::Completion;

impl Completion {
    /// The completion that says `text`, as far as the request's stop texts and token limit let it, with every word
    /// counted as a token.
    #[must_use]
    pub fn in_words(text: &str, refused: bool, request: &ChatRequest) -> Self {
        let text = before_stop(text, request);
        let limit = request.token_limit().map_or(usize::MAX, |limit| limit as usize);
        let (text, finish_reason) = match end_of_word(text, limit) {
            Some(end) if !text[end..].trim().is_empty() => (&text[..end], FinishReason::Length),
            _ => (text, FinishReason::Stop),
        };
        Self {
            text: text.to_owned(),
            finish_reason,
            refused,
            prompt_tokens: prompt_words(&request.messages),
            completion_tokens: words(text),
            logprobs: None,
            scores: None,
        }
    }
}

/// Number of words of a conversation.
#[must_use]
pub fn prompt_words(messages: &[Message]) -> u64 {
    messages.iter().map(|message| words(&message.content)).sum()
}

/// Number of words of a text: runs of anything but white space.
#[must_use]
pub fn words(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

fn before_stop<'a>(text: &'a str, request: &ChatRequest) -> &'a str {
    let texts = request.stop.as_ref().map_or(&[][..], |stop| stop.texts());
    let starts = texts.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str()));
    starts.min().map_or(text, |end| &text[..end])
}

/// Byte at which the `count`-th word ends, counted from 1; none when there are fewer words.
fn end_of_word(text: &str, count: usize) -> Option<usize> {
    let word = text.split_whitespace().nth(count.checked_sub(1)?)?;
    // The word is a slice of the text, so the difference of their starts is its place.
    Some(word.as_ptr() as usize - text.as_ptr() as usize + word.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::wire::chat::Stop;

    fn request(limit: Option<u32>, stop: Option<Stop>) -> ChatRequest {
        let messages = vec![Message::user("one two"), Message::user("three")];
        ChatRequest { max_tokens: limit, stop, ..ChatRequest::new("m", messages) }
    }

    #[test]
    fn a_limit_cuts_after_a_word() {
        let cut = Completion::in_words("I  take\nthe second", false, &request(Some(2), None));
        assert_eq!((cut.text.as_str(), cut.finish_reason), ("I  take", FinishReason::Length));
        assert_eq!((cut.prompt_tokens, cut.completion_tokens), (3, 2));
    }

    #[test]
    fn a_limit_that_is_just_met_cuts_nothing() {
        for limit in [Some(4), Some(5), None] {
            let whole = Completion::in_words("I take the second ", false, &request(limit, None));
            assert_eq!((whole.text.as_str(), whole.finish_reason), ("I take the second ", FinishReason::Stop));
        }
    }

    #[test]
    fn the_first_stop_text_ends_the_answer() {
        let stop = Stop::Several(vec!["second".to_owned(), "the".to_owned(), String::new()]);
        let cut = Completion::in_words("I take the second", true, &request(None, Some(stop)));
        assert_eq!((cut.text.as_str(), cut.finish_reason), ("I take ", FinishReason::Stop));
        assert!(cut.refused);
    }
}
