//! `overhang task generate`.

use generate::Pattern;

use crate::{cli::TaskGenerateArgs, exit::Exit, failure::Failure, generated};

pub(crate) fn generate(arguments: &TaskGenerateArgs) -> Result<Exit, Failure> {
    let TaskGenerateArgs { family, seed, count, difficulty, output } = arguments;
    let pattern = Pattern { family: *family, seed: *seed, count: *count, difficulty: *difficulty };
    for recipe in pattern.recipes() {
        let task = generate::generate(recipe).map_err(Failure::other)?;
        let dir = output.join(recipe.id());
        if !generated::holds(&dir, &task).map_err(Failure::other)? {
            if dir.exists() {
                let message = format!("{} exists and holds something else", dir.display());
                return Err(Failure::Input(message));
            }
            generated::write(&dir, &task).map_err(Failure::other)?;
        }
        outln!("{} ({} {})", dir.display(), task.quantity, family.quantity());
    }
    Ok(Exit::Done)
}
