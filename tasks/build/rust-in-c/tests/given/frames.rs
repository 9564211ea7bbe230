// overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d
//! Frames: 0x7E, a length, that many bytes of text, and the exclusive or of those bytes.

#[derive(Debug)]
pub enum Invalid {
    Start,
    Sum,
    Text,
}

/// The texts of all frames. The data has to end with the end of a frame.
pub fn check(data: &[u8]) -> Result<Vec<String>, Invalid> {
    let mut texts = Vec::new();
    let mut at = 0;
    while at < data.len() {
        if data[at] != 0x7E {
            return Err(Invalid::Start);
        }
        let size = usize::from(data[at + 1]);
        let sum = data[at + 2 + size];
        let body = &data[at + 2..at + 2 + size];
        if body.iter().fold(0, |sum, byte| sum ^ byte) != sum {
            return Err(Invalid::Sum);
        }
        if body.iter().any(|byte| !(32..=126).contains(byte)) {
            return Err(Invalid::Text);
        }
        texts.push(String::from_utf8_lossy(body).into_owned());
        at += 3 + size;
    }
    Ok(texts)
}
