//! `overhang card`.

use std::io::{IsTerminal as _, Write as _};

use evidence::card::{Stated, make};
use report::{Format, View, card_html, card_markdown};
use vocabulary::text::harmless;

use super::{at, write};
use crate::{
    cli::{CardArgs, CardFormat},
    exit::Exit,
    failure::Failure,
    program::program,
    runs,
    terminal::{WIDTH, out},
};

pub(crate) fn card(arguments: &CardArgs) -> Result<Exit, Failure> {
    let stated = match &arguments.stated {
        Some(path) => {
            let text = fs_err::read_to_string(path).map_err(Failure::input)?;
            toml::from_str(&text).map_err(|error| at(path, error))?
        }
        None => Stated::default(),
    };
    let run = runs::open(&arguments.run)?;
    let evidence = evidence::read(&run).map_err(|error| at(&arguments.run, error))?;
    let card = make(&evidence, &run.blobs(), stated, program()).map_err(Failure::other)?;
    let text = match arguments.format {
        CardFormat::Json => card.bytes().map_err(Failure::other)?,
        CardFormat::Md => {
            let report = Format::Md.render(View::Report(&evidence.analysis, &run), WIDTH);
            (card_markdown(&card) + "\n" + &report.map_err(Failure::other)?).into_bytes()
        }
        CardFormat::Html => card_html(&card).into_bytes(),
    };
    match &arguments.out {
        Some(path) => write(path, &text)?,
        // Byte for byte where a program or a file takes it: what is signed and verified are these bytes.
        None if !std::io::stdout().is_terminal() => {
            std::io::stdout().write_all(&text).map_err(Failure::other)?;
        }
        None => out(&harmless(&String::from_utf8_lossy(&text))),
    }
    Ok(Exit::Done)
}
