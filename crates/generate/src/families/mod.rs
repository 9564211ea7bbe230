//! One module for each family: settings are drawn, and a problem is made of them.

mod calc;
mod data;
mod fix;
mod port;
mod spec;

use crate::{Family, Recipe, draw::Draw, problem::Problem};

pub(crate) fn problem(recipe: Recipe, draw: &mut Draw) -> Problem {
    match recipe.family {
        Family::Calc => calc::problem(recipe.difficulty, draw),
        Family::Data => data::problem(recipe.difficulty, draw),
        Family::Fix => fix::problem(recipe.difficulty, draw),
        Family::Port => port::problem(recipe.difficulty, draw),
        Family::Spec => spec::problem(recipe.difficulty, draw),
    }
}
