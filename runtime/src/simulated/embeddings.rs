//! Simulated embeddings: unit vectors drawn from the hash of each input, as numbers or as base64.

use super::count_tokens;
use crate::wire::embeddings::base64;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Unless the request says otherwise.
const DIMENSIONS: usize = 64;

/// As many as the largest common models have.
const DIMENSIONS_LIMIT: usize = 4_096;

/// Inputs of one request, as OpenAI has it.
const INPUTS_LIMIT: usize = 2_048;

/// Answers a request body; the error is what is wrong with it.
pub(super) fn answer(body: &Json, model: &str) -> Result<Json, &'static str> {
    let inputs = match &body["input"] {
        // A list of numbers is one input, given as tokens.
        Json::Array(items) if !items.iter().any(Json::is_number) => items.iter().collect(),
        one => vec![one],
    };
    if inputs.is_empty() || inputs.len() > INPUTS_LIMIT {
        return Err("`input` must hold between 1 and 2048 inputs");
    }
    let dimensions = match &body["dimensions"] {
        Json::Null => Some(DIMENSIONS),
        asked => asked.as_u64().and_then(|asked| usize::try_from(asked).ok()),
    };
    let dimensions = dimensions
        .filter(|dimensions| (1..=DIMENSIONS_LIMIT).contains(dimensions))
        .ok_or("`dimensions` must be a whole number between 1 and 4096")?;
    let is_base64 = body["encoding_format"] == "base64";
    let data = inputs.iter().enumerate().map(|(index, input)| {
        let vector = vector(model, &input.to_string(), dimensions);
        let embedding = if is_base64 { json!(base64(&vector)) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let tokens: u64 = inputs.iter().map(|input| tokens(input)).sum();
    Ok(json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }))
}

fn tokens(input: &Json) -> u64 {
    match input {
        Json::String(text) => count_tokens(text),
        Json::Array(tokens) => tokens.len() as u64,
        _ => 1,
    }
}

/// A vector of length 1, the same for the same model and input.
fn vector(model: &str, input: &str, dimensions: usize) -> Vec<f32> {
    let seed = Sha256::digest(format!("{model}\n{input}").as_bytes());
    let mut numbers = Vec::with_capacity(dimensions);
    let mut block: u32 = 0;
    while numbers.len() < dimensions {
        let mut hash = Sha256::new();
        hash.update(seed);
        hash.update(block.to_le_bytes());
        let bytes = hash.finalize();
        let pairs = bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])));
        numbers.extend(pairs.take(dimensions - numbers.len()));
        block += 1;
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(1.0);
    numbers.iter().map(|number| number / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one_and_depend_on_input_alone() {
        let vector = |input| vector("m", input, 100);
        let length: f32 = vector("a").iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-4);
        assert_eq!(vector("a"), vector("a"));
        assert_ne!(vector("a"), vector("b"));
    }
}
