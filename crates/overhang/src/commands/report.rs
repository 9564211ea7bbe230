//! `overhang report`.

use report::View;

use crate::{
    cli::ReportArgs,
    exit::Exit,
    failure::Failure,
    runs::{analyse, open},
    terminal::{WIDTH, out_styled, plain, width},
};

pub(crate) fn report(arguments: &ReportArgs) -> Result<Exit, Failure> {
    let analysis = analyse(&arguments.run)?;
    let run = open(&arguments.run)?;
    let view = View::Report(&analysis, &run);
    for (format, path) in &arguments.export {
        // A file is read anywhere: the width of this terminal is none of its business, and it has no colours.
        let text = format.render(view, WIDTH).map_err(Failure::other)?;
        fs_err::write(path, plain(&text)).map_err(Failure::other)?;
        errln!("wrote {}", path.display());
    }
    out_styled(&arguments.format.render(view, width()).map_err(Failure::other)?);
    Ok(Exit::Done)
}
