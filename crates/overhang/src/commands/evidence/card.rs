//! `overhang card`.

use evidence::card::{Stated, html, make, markdown};
use report::{Format, View};

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
            (markdown(&card) + "\n" + &report.map_err(Failure::other)?).into_bytes()
        }
        CardFormat::Html => html(&card).into_bytes(),
    };
    match &arguments.out {
        Some(path) => write(path, &text)?,
        None => out(&String::from_utf8_lossy(&text)),
    }
    Ok(Exit::Done)
}
