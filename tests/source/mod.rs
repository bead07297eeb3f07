//! The source of this project as data: the modules of `src`, the uses between files, the functions with their lengths, and
//! the words in identifiers and comments.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A file of Rust code.
pub struct SourceFile {
    /// The path from the root of the project, with `/` between folders.
    pub path: String,
    pub text: String,
    syntax: syn::File,
}

/// A use of one file by another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub from: String,
    pub line: usize,
    /// The path that is used, as it is written, from the root of the crate.
    pub path: String,
    pub to: Target,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    File(String),
    /// A name that the root of the crate re-exports.
    Root,
}

/// A function and its number of lines, from its signature to its closing brace.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// A word in an identifier or a comment.
pub struct Text {
    pub line: usize,
    pub text: String,
}

/// All files with the ending `.rs` below these folders, in order of their paths. Folders that do not exist are
/// left out: a published package holds only a part of them.
pub fn read(root: &Path, folders: &[&str]) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    for folder in folders {
        list(&root.join(folder), folder, &mut paths);
    }
    paths.sort();
    let parse = |path: String| {
        let text = fs::read_to_string(root.join(&path)).unwrap();
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        SourceFile { path, text, syntax }
    };
    paths.into_iter().map(parse).collect()
}

fn list(folder: &Path, name: &str, paths: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "target" {
                list(&entry.path(), &name, paths);
            }
        } else if name.ends_with(".rs") {
            paths.push(name);
        }
    }
}

impl SourceFile {
    /// The path of the module that this file of `src` is: `src/index/mod.rs` is `["index"]`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let path = path.strip_suffix("/mod").unwrap_or(path);
        if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
    }

    /// All functions with a body, those of tests included.
    pub fn functions(&self) -> Vec<Function> {
        let mut functions = Functions(Vec::new());
        functions.visit_file(&self.syntax);
        functions.0
    }

    /// All identifiers and the text of all comments. Text in quotation marks within comments is left out, because it is
    /// example text.
    pub fn words(&self) -> Vec<Text> {
        let mut words = comments(&self.text);
        let tokens: TokenStream = self.text.parse().unwrap();
        identifiers(tokens, &mut words);
        words
    }
}

struct Functions(Vec<Function>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.brace_token.span.close().end().line);
        self.0.push(Function { name: signature.ident.to_string(), line: first, lines: last - first + 1 });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// The modules of the crate, and what a name in each of them refers to.
struct Modules {
    /// The file of each module; a module within a file has that file.
    files: BTreeMap<Vec<String>, String>,
    /// The names that each module imports, with the paths that they are imported from.
    imports: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>>,
}

/// The uses between the files of `src`, without tests.
pub fn uses(files: &[SourceFile]) -> BTreeSet<Use> {
    let mut modules = Modules { files: BTreeMap::new(), imports: BTreeMap::new() };
    let mut paths = Vec::new();
    let mut tests = BTreeSet::new();
    for file in files {
        modules.files.insert(file.module(), file.path.clone());
    }
    for file in files {
        let mut walk = Walk {
            modules: &mut modules,
            module: file.module(),
            file: &file.path,
            paths: &mut paths,
            tests: &mut tests,
        };
        walk.visit_file(&file.syntax);
    }
    let is_test = |module: &[String]| tests.iter().any(|test: &Vec<String>| module.starts_with(test));
    let mut uses = BTreeSet::new();
    for path in paths.iter().filter(|path| !is_test(&path.module)) {
        let Some(absolute) = modules.absolute(&path.module, &path.segments) else { continue };
        let to = modules.resolve(&absolute, 0);
        if to != Target::File(path.file.clone()) {
            let path_text = format!("crate::{}", absolute.join("::"));
            uses.insert(Use { from: path.file.clone(), line: path.line, path: path_text, to });
        }
    }
    uses
}

impl Modules {
    /// The path from the root. `None` for a path that leaves the crate, or that names an item of the module itself.
    fn absolute(&self, module: &[String], segments: &[String]) -> Option<Vec<String>> {
        let mut base = module.to_vec();
        let mut rest = segments;
        match segments.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &segments[1..];
            }
            "self" => rest = &segments[1..],
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let child = [module, &[first.to_owned()]].concat();
                if !self.files.contains_key(&child) {
                    return None;
                }
            }
        }
        base.extend(rest.iter().cloned());
        (!rest.is_empty()).then_some(base)
    }

    /// The file that declares the item of an absolute path.
    fn resolve(&self, path: &[String], depth: usize) -> Target {
        let mut module: Vec<String> = Vec::new();
        for segment in path {
            let child = [&module[..], std::slice::from_ref(segment)].concat();
            if self.files.contains_key(&child) {
                module = child;
                continue;
            }
            if module.is_empty() {
                return Target::Root;
            }
            let imported = self.imports.get(&module).and_then(|names| names.get(segment));
            if let Some(imported) = imported
                && depth < 8
            {
                return self.resolve(imported, depth + 1);
            }
            break;
        }
        Target::File(self.files[&module].clone())
    }
}

/// A path as it is written in a file.
struct WrittenPath {
    file: String,
    module: Vec<String>,
    line: usize,
    segments: Vec<String>,
}

struct Walk<'w> {
    modules: &'w mut Modules,
    module: Vec<String>,
    file: &'w str,
    paths: &'w mut Vec<WrittenPath>,
    tests: &'w mut BTreeSet<Vec<String>>,
}

impl Walk<'_> {
    fn add(&mut self, line: usize, segments: Vec<String>) {
        let path = WrittenPath { file: self.file.to_owned(), module: self.module.clone(), line, segments };
        self.paths.push(path);
    }

    /// Adds each path of a `use` with groups.
    fn add_tree(&mut self, tree: &syn::UseTree, mut prefix: Vec<String>) {
        let (line, name, alias) = match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                return self.add_tree(&path.tree, prefix);
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.add_tree(item, prefix.clone()));
            }
            syn::UseTree::Glob(glob) => return self.add(glob.span().start().line, prefix),
            syn::UseTree::Name(name) => (name.span().start().line, &name.ident, &name.ident),
            syn::UseTree::Rename(rename) => (rename.span().start().line, &rename.ident, &rename.rename),
        };
        let mut alias = alias.to_string();
        if name == "self" {
            alias = prefix.last().unwrap().clone();
        } else {
            prefix.push(name.to_string());
        }
        if let Some(absolute) = self.modules.absolute(&self.module, &prefix) {
            self.modules.imports.entry(self.module.clone()).or_default().insert(alias, absolute);
        }
        self.add(line, prefix);
    }

    /// Paths within the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut segments = vec![first.to_string()];
                    while let Some([TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name)]) =
                        tokens.get(at + 1..at + 4)
                        && (one.as_char(), two.as_char()) == (':', ':')
                    {
                        segments.push(name.to_string());
                        at += 3;
                    }
                    if segments.len() > 1 {
                        self.add(first.span().start().line, segments);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        if is_for_tests(&item.attrs) {
            self.tests.insert(self.module.clone());
        } else if item.content.is_some() {
            self.modules.files.insert(self.module.clone(), self.file.to_owned());
            visit::visit_item_mod(self, item);
        }
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_tree(&item.tree, Vec::new());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 && path.leading_colon.is_none() {
            self.add(path.span().start().line, segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.add_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    /// `pub(in crate::corpus)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    /// Derives and documentation use nothing of this crate.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// `#[cfg(test)]`, alone or with other conditions, and `#[test]`.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let tokens = list.tokens.to_string();
            tokens == "test" || tokens.starts_with("all (test") || tokens.starts_with("all(test")
        }
        _ => false,
    })
}

fn identifiers(tokens: TokenStream, words: &mut Vec<Text>) {
    for token in tokens {
        match token {
            // Documentation is a comment, which `comments` reads.
            TokenTree::Group(group) if is_doc(&group) => {}
            TokenTree::Group(group) => identifiers(group.stream(), words),
            TokenTree::Ident(name) => {
                let mut text = String::new();
                for character in name.to_string().chars() {
                    if character == '_' {
                        text.push(' ');
                    } else {
                        if character.is_uppercase() {
                            text.push(' ');
                        }
                        text.extend(character.to_lowercase());
                    }
                }
                words.push(Text { line: name.span().start().line, text });
            }
            _ => {}
        }
    }
}

fn is_doc(group: &proc_macro2::Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

/// The comments of a text in Rust, one entry for each run of comment lines, in lower case and without text in
/// quotation marks.
fn comments(text: &str) -> Vec<Text> {
    let mut comments: Vec<Text> = Vec::new();
    let mut last_line = 0;
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let length = if bytes[at..].starts_with(b"//") {
            let length = text[at..].find('\n').unwrap_or(text.len() - at);
            let content = text[at..at + length].trim_start_matches(['/', '!']);
            if last_line + 1 == line && last_line > 0 {
                comments.last_mut().unwrap().text += content;
            } else {
                comments.push(Text { line, text: content.to_owned() });
            }
            last_line = line;
            length
        } else if bytes[at..].starts_with(b"/*") {
            let length = text[at..].find("*/").map_or(text.len() - at, |end| end + 2);
            comments.push(Text { line, text: text[at..at + length].to_owned() });
            length
        } else {
            literal_length(&text[at..])
        };
        line += bytes[at..at + length].iter().filter(|&&byte| byte == b'\n').count();
        at += length;
    }
    for comment in &mut comments {
        comment.text = without_quotations(&comment.text).to_lowercase();
    }
    comments
}

/// The length of the string, character or raw string at the start of this text; of anything else one character.
fn literal_length(text: &str) -> usize {
    let one = text.chars().next().unwrap().len_utf8();
    let hashes = text.strip_prefix('r').map(|rest| rest.len() - rest.trim_start_matches('#').len());
    if let Some(hashes) = hashes
        && text[1 + hashes..].starts_with('"')
    {
        let close = format!("\"{}", "#".repeat(hashes));
        let body = 2 + hashes;
        return text[body..].find(&close).map_or(text.len(), |end| body + end + close.len());
    }
    let quote = text.as_bytes()[0];
    if quote == b'\'' {
        // A lifetime has no closing mark after its first character.
        let mut characters = text[1..].char_indices();
        let Some((_, first)) = characters.next() else { return one };
        if first != '\\' && characters.next().is_none_or(|(_, second)| second != '\'') {
            return one;
        }
    } else if quote != b'"' {
        return one;
    }
    let mut escaped = false;
    for (place, &byte) in text.as_bytes().iter().enumerate().skip(1) {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == quote {
            return place + 1;
        }
    }
    text.len()
}

/// A text without its quotations: `"…"` and `“…”`, on one line each.
pub fn without_quotations(text: &str) -> String {
    let mut left = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(start) = rest.find(['"', '“']) {
            let open = rest[start..].chars().next().unwrap();
            let close = if open == '"' { '"' } else { '”' };
            let body = start + open.len_utf8();
            left += &rest[..start];
            let Some(end) = rest[body..].find(close) else {
                rest = &rest[body..];
                continue;
            };
            left.push('…');
            rest = &rest[body + end + close.len_utf8()..];
        }
        left += rest;
    }
    left
}

/// The groups of files that use each other in a circle: strongly connected components of two files or more.
pub fn circles(uses: &BTreeSet<Use>) -> Vec<Vec<String>> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in uses {
        if let Target::File(to) = &used.to {
            edges.entry(&used.from).or_default().insert(to);
        }
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|&file| (file, reachable(file, &edges))).collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in &reach {
        let back = |other: &&&str| reach.get(**other).is_some_and(|others| others.contains(file));
        let circle: Vec<String> = reached.iter().filter(back).map(|&other| other.to_owned()).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable<'g>(from: &'g str, edges: &BTreeMap<&'g str, BTreeSet<&'g str>>) -> BTreeSet<&'g str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(file) = waiting.pop() {
        for &next in edges.get(file).into_iter().flatten() {
            if reached.insert(next) {
                waiting.push(next);
            }
        }
    }
    reached
}
