//! `overhang open`.

use evidence::bundle;
use report::{Format, View};

use super::at;
use crate::{
    bundles,
    cli::OpenArgs,
    exit::Exit,
    failure::Failure,
    runs,
    terminal::{out_styled, width},
};

pub(crate) fn open(arguments: &OpenArgs) -> Result<Exit, Failure> {
    let shown = arguments.bundle.display();
    let place = bundles::unpacked(&arguments.bundle)?;
    if let Some(into) = &arguments.into {
        if into.exists() {
            return Err(at(into, "it is there already: give a new directory"));
        }
        fs_err::create_dir_all(into).map_err(Failure::other)?;
        bundle::unpack(&arguments.bundle, into).map_err(|error| at(&arguments.bundle, error))?;
        errln!("unpacked into {}", into.display());
    }
    if place.join(bundle::PROOF).is_file() {
        outln!(
            "{shown} holds one trial: `overhang verify CARD {shown}` tells whether it is of the card's run"
        );
        return Ok(Exit::Done);
    }
    let analysis = runs::analyse(&place)?;
    let run = runs::open(&place)?;
    out_styled(&Format::Terminal.render(View::Report(&analysis, &run), width()).map_err(Failure::other)?);
    errln!("more: overhang show {shown}, overhang audit {shown}, overhang report {shown} --export html=FILE");
    Ok(Exit::Done)
}
