//! A crate's modules: what each defines, and what it takes from others. Tests are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use syn::{Attribute, Item, Meta, UseTree, Visibility, visit::Visit};

use crate::{read, root};

/// A module's place: the names from the crate's root on.
type Place = Vec<String>;

/// The modules of one crate.
pub(crate) struct Tree {
    modules: BTreeMap<Place, Module>,
}

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// The names of its items.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths in its code.
    paths: BTreeSet<Vec<String>>,
}

struct Import {
    path: Vec<String>,
    /// What the path is called here; `*` for everything below it.
    name: String,
    /// It only passes on what is elsewhere.
    passes_on: bool,
}

/// What a path leads to.
pub(crate) enum Found {
    Module,
    /// An item, defined in this file.
    Item(PathBuf),
}

impl Tree {
    pub(crate) fn of(name: &str) -> Self {
        let source = root().join("crates").join(name).join("src");
        let mut tree = Self { modules: BTreeMap::new() };
        let main =
            ["lib.rs", "main.rs"].map(|file| source.join(file)).into_iter().find(|file| file.is_file());
        if let Some(main) = main {
            tree.read(Place::new(), &main);
        }
        tree
    }

    fn read(&mut self, place: Place, file: &Path) {
        let items =
            syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
        self.add(place, file, &items);
    }

    fn add(&mut self, place: Place, file: &Path, items: &[Item]) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items {
            if let Item::Mod(child) = item {
                if is_test(&child.attrs) {
                    continue;
                }
                let mut below = place.clone();
                below.push(child.ident.to_string());
                match &child.content {
                    Some((_, items)) => self.add(below, file, items),
                    None => self.read(below, &file_of(file, &child.ident.to_string(), &child.attrs)),
                }
            } else {
                module.visit_item(item);
            }
        }
        self.modules.insert(place, module);
    }

    /// Where a path leads, seen from a module.
    pub(crate) fn find(&self, from: &[String], path: &[String]) -> Option<Found> {
        self.look(from.to_vec(), path, 0)
    }

    fn look(&self, mut at: Place, path: &[String], depth: usize) -> Option<Found> {
        if depth > 16 {
            return None;
        }
        let mut rest = path;
        while let [head, tail @ ..] = rest {
            match head.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => {
                    let below: Place = at.iter().cloned().chain([name.to_owned()]).collect();
                    if !self.modules.contains_key(&below) {
                        return self.item(&at, rest, depth);
                    }
                    at = below;
                }
            }
            rest = tail;
        }
        self.modules.contains_key(&at).then_some(Found::Module)
    }

    /// A path that begins with an item of a module, or with a name that the module takes from elsewhere.
    fn item(&self, at: &Place, path: &[String], depth: usize) -> Option<Found> {
        let module = self.modules.get(at)?;
        if module.items.contains(&path[0]) {
            return Some(Found::Item(module.file.clone()));
        }
        let named =
            module.imports.iter().filter(|import| import.name == path[0]).map(|import| (import, &path[1..]));
        let globs = module.imports.iter().filter(|import| import.name == "*").map(|import| (import, path));
        named.chain(globs).find_map(|(import, rest)| {
            // `use name::…` of another crate by the name that it has here would be looked up for ever.
            (import.path.first() != Some(&import.name)).then_some(())?;
            self.look(at.clone(), &[&import.path, rest].concat(), depth + 1)
        })
    }

    /// Which files use which others. Passing on is not using.
    pub(crate) fn uses(&self) -> BTreeSet<(PathBuf, PathBuf)> {
        let mut uses = BTreeSet::new();
        for (place, module) in &self.modules {
            let imports = module.imports.iter().filter(|import| !import.passes_on).map(|import| &import.path);
            for path in imports.chain(&module.paths) {
                if let Some(Found::Item(file)) = self.find(place, path)
                    && file != module.file
                {
                    uses.insert((module.file.clone(), file));
                }
            }
        }
        uses
    }

    /// Each file's parent, but for those right below the root: the root is everybody's.
    pub(crate) fn parents(&self) -> BTreeMap<PathBuf, PathBuf> {
        let above = |place: &Place| self.modules.get(&place[..place.len() - 1]);
        let deep = self.modules.iter().filter(|(place, _)| place.len() > 1);
        deep.filter_map(|(place, module)| Some((module.file.clone(), above(place)?.file.clone()))).collect()
    }
}

impl Visit<'_> for Module {
    fn visit_item(&mut self, item: &Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Impl(item) => (&item.attrs, None),
            Item::Use(item) => (&item.attrs, None),
            _ => return,
        };
        if !is_test(attributes) {
            self.items.extend(name.map(ToString::to_string));
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        let passes_on = !matches!(item.vis, Visibility::Inherited);
        flatten(&item.tree, &mut Vec::new(), &mut |path, name| {
            self.imports.push(Import { path: path.to_vec(), name, passes_on });
        });
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    /// What is in a macro's brackets is not parsed: whatever looks like a path is taken for one.
    fn visit_macro(&mut self, called: &syn::Macro) {
        let text = called.tokens.to_string().replace(" :: ", "::");
        let words = text.split(|character: char| !(character.is_alphanumeric() || "_:".contains(character)));
        let paths = words.filter(|word| word.contains("::"));
        self.paths.extend(paths.map(|path| path.split("::").map(str::to_owned).collect()));
        syn::visit::visit_macro(self, called);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string().contains("test"),
        _ => false,
    })
}

/// The file of a module that is declared in another.
fn file_of(declared_in: &Path, name: &str, attributes: &[Attribute]) -> PathBuf {
    let beside = declared_in.parent().unwrap();
    let named = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(syn::MetaNameValue { path, value: syn::Expr::Lit(value), .. })
            if path.is_ident("path") =>
        {
            match &value.lit {
                syn::Lit::Str(file) => Some(beside.join(file.value())),
                _ => None,
            }
        }
        _ => None,
    });
    let stem = declared_in.file_stem().unwrap().to_str().unwrap();
    let folder = if ["lib", "main", "mod"].contains(&stem) { beside.to_owned() } else { beside.join(stem) };
    let file = folder.join(name).with_extension("rs");
    named.unwrap_or(if file.is_file() { file } else { folder.join(name).join("mod.rs") })
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, found: &mut impl FnMut(&[String], String)) {
    let depth = path.len();
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            flatten(&part.tree, path, found);
        }
        UseTree::Name(part) if part.ident == "self" => found(path, path.last().cloned().unwrap_or_default()),
        UseTree::Name(part) => {
            path.push(part.ident.to_string());
            found(path, part.ident.to_string());
        }
        UseTree::Rename(part) => {
            path.push(part.ident.to_string());
            found(path, part.rename.to_string());
        }
        UseTree::Glob(_) => found(path, "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path, found)),
    }
    path.truncate(depth);
}
