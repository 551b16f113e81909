//! Binding: every name of an expression is looked up once, and every place of the document that it names becomes a slot.
//!
//! `authn_ctx.address.country` is one slot and not two selections, so an evaluation does not come by all the other members.
//! A name that a macro binds, such as `x` in `list.all(x, …)`, hides a member of the document inside that macro.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, operators};

use crate::{
    names::{EXTREMES, GLOBAL, MEMBER, TYPES, objection},
    patterns,
    slot::{Slot, Step, Used},
    source::{Fault, at_name},
};

/// How many levels an expression may have. Every one of them is a call of the evaluating function.
const LEVELS: usize = 72;

/// Binds an expression to the members that documents have.
pub(crate) fn bind(source: &str, members: &[&str], expression: &mut IdedExpr) -> Result<Vec<Slot>, Fault> {
    if levels(expression) > LEVELS {
        return Err(Fault::at(source, 0, format!("more than {LEVELS} levels of operators and calls")));
    }
    let mut binder = Binder { source, members, locals: Vec::new(), slots: Vec::new() };
    binder.bind(expression, Used::Whole)?;
    Ok(binder.slots)
}

/// How many levels an expression has. Without recursion, as that is what has to be bounded.
fn levels(expression: &IdedExpr) -> usize {
    let (mut deepest, mut open) = (0, vec![(expression, 1)]);
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        below(node, |child| open.push((child, level + 1)));
    }
    deepest
}

/// Shows everything directly below a node.
fn below<'e>(node: &'e IdedExpr, mut show: impl FnMut(&'e IdedExpr)) {
    match &node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => show(&select.operand),
        Expr::Call(call) => call.target.iter().map(AsRef::as_ref).chain(&call.args).for_each(show),
        Expr::List(list) => list.elements.iter().for_each(show),
        Expr::Map(map) => map.entries.iter().for_each(|entry| below_entry(&entry.expr, &mut show)),
        Expr::Struct(made) => made.entries.iter().for_each(|entry| below_entry(&entry.expr, &mut show)),
        Expr::Comprehension(c) => {
            [&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result].into_iter().for_each(show);
        }
    }
}

fn below_entry<'e>(entry: &'e EntryExpr, show: &mut impl FnMut(&'e IdedExpr)) {
    match entry {
        EntryExpr::StructField(field) => show(&field.value),
        EntryExpr::MapEntry(entry) => {
            show(&entry.key);
            show(&entry.value);
        }
    }
}

struct Binder<'s> {
    source: &'s str,
    /// The members of the document.
    members: &'s [&'s str],
    /// The names that macros around this place bind.
    locals: Vec<String>,
    slots: Vec<Slot>,
}

impl Binder<'_> {
    fn bind(&mut self, node: &mut IdedExpr, used: Used) -> Result<(), Fault> {
        if let Some((root, steps)) = self.place(node) {
            node.expr = Expr::Ident(self.slot(Slot { root, steps, used }));
            return Ok(());
        }
        match &mut node.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.known(name),
            Expr::Select(select) => {
                let used = if select.test { Used::LookedInto } else { Used::Whole };
                self.bind(&mut select.operand, used)
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(&mut list.elements),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| self.entry(&mut entry.expr)),
            Expr::Struct(made) => {
                let name = made.type_name.rsplit('.').next().unwrap_or_default();
                Err(at_name(self.source, name, false, format!("there is no type `{}`", made.type_name)))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn all(&mut self, nodes: &mut [IdedExpr]) -> Result<(), Fault> {
        nodes.iter_mut().try_for_each(|node| self.bind(node, Used::Whole))
    }

    fn entry(&mut self, entry: &mut EntryExpr) -> Result<(), Fault> {
        match entry {
            EntryExpr::StructField(field) => self.bind(&mut field.value, Used::Whole),
            EntryExpr::MapEntry(entry) => {
                self.bind(&mut entry.key, Used::Whole)?;
                self.bind(&mut entry.value, Used::Whole)
            }
        }
    }

    fn comprehension(&mut self, comprehension: &mut ComprehensionExpr) -> Result<(), Fault> {
        self.bind(&mut comprehension.iter_range, Used::Whole)?;
        self.bind(&mut comprehension.accu_init, Used::Whole)?;
        let outside = self.locals.len();
        let ComprehensionExpr { iter_var, iter_var2, accu_var, .. } = comprehension;
        self.locals.extend([&*iter_var, &*accu_var].into_iter().chain(&*iter_var2).cloned());
        self.bind(&mut comprehension.loop_cond, Used::Whole)?;
        self.bind(&mut comprehension.loop_step, Used::Whole)?;
        self.bind(&mut comprehension.result, Used::Whole)?;
        self.locals.truncate(outside);
        Ok(())
    }

    fn call(&mut self, call: &mut CallExpr) -> Result<(), Fault> {
        let CallExpr { func_name, target, args } = call;
        if let Some(looked_into) = operator(func_name) {
            return args.iter_mut().enumerate().try_for_each(|(at, argument)| {
                self.bind(argument, if looked_into == Some(at) { Used::LookedInto } else { Used::Whole })
            });
        }
        let qualified = target.as_deref().and_then(|target| self.qualified(target, func_name));
        let (table, name) = match &qualified {
            Some(qualified) => (GLOBAL, qualified.as_str()),
            None => (if target.is_some() { MEMBER } else { GLOBAL }, func_name.as_str()),
        };
        if let Some(why) = objection(table, name, args.len()) {
            return Err(at_name(self.source, func_name, true, why));
        }
        self.remember_pattern(func_name, args)?;
        if let Some((_, known_as)) = EXTREMES.iter().find(|(extreme, _)| *extreme == name) {
            return self.extreme(call, known_as);
        }
        let used = if func_name == "size" { Used::LookedInto } else { Used::Whole };
        if let Some(target) = target.as_deref_mut().filter(|_| qualified.is_none()) {
            self.bind(target, used)?;
        }
        args.iter_mut().try_for_each(|argument| self.bind(argument, used))
    }

    /// `math.greatest(a, b, c)` is asked of the list of its arguments.
    fn extreme(&mut self, call: &mut CallExpr, known_as: &str) -> Result<(), Fault> {
        self.all(&mut call.args)?;
        if call.args.len() > 2 {
            let elements = std::mem::take(&mut call.args);
            call.args.push(IdedExpr { id: 0, expr: Expr::List(ListExpr::new(elements)) });
        }
        known_as.clone_into(&mut call.func_name);
        call.target = None;
        Ok(())
    }

    /// Compiles the pattern of a `matches` that stands in the source.
    fn remember_pattern(&self, name: &str, arguments: &[IdedExpr]) -> Result<(), Fault> {
        let Some(Expr::Literal(LiteralValue::String(pattern))) = arguments.last().map(|last| &last.expr) else {
            return Ok(());
        };
        if name != "matches" {
            return Ok(());
        }
        patterns::remember(pattern.inner())
            .map_err(|why| at_name(self.source, name, true, format!("the pattern cannot be read: {why}")))
    }

    /// The name of a function with its namespace, such as `math.abs`.
    fn qualified(&self, target: &IdedExpr, function: &str) -> Option<String> {
        let Expr::Ident(namespace) = &target.expr else { return None };
        let begins = |(name, _, _): &(&str, usize, usize)| {
            name.strip_prefix(namespace.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let is_namespace = !self.locals.contains(namespace) && GLOBAL.iter().any(begins);
        is_namespace.then(|| format!("{namespace}.{function}"))
    }

    /// A name on its own.
    fn known(&self, name: &str) -> Result<(), Fault> {
        let absolute = name.strip_prefix('.');
        if (absolute.is_none() && self.locals.iter().any(|local| local == name))
            || TYPES.contains(&absolute.unwrap_or(name))
        {
            return Ok(());
        }
        let name = absolute.unwrap_or(name);
        let members = self.members.join("`, `");
        Err(at_name(self.source, name, false, format!("there is no variable `{name}`; there are `{members}`")))
    }

    /// The place in the document that a node names, if it names one.
    fn place(&self, node: &IdedExpr) -> Option<(String, Vec<Step>)> {
        match &node.expr {
            Expr::Ident(name) => {
                let (root, hidden) = match name.strip_prefix('.') {
                    Some(absolute) => (absolute, false),
                    None => (name.as_str(), self.locals.contains(name)),
                };
                (!hidden && self.members.contains(&root)).then(|| (root.to_owned(), Vec::new()))
            }
            Expr::Select(select) if !select.test => {
                let (root, mut steps) = self.place(&select.operand)?;
                steps.push(Step::Member(select.field.clone()));
                Some((root, steps))
            }
            Expr::Call(CallExpr { func_name, target: None, args }) if func_name == operators::INDEX => {
                let [operand, index] = args.as_slice() else { return None };
                let step = step(index)?;
                let (root, mut steps) = self.place(operand)?;
                steps.push(step);
                Some((root, steps))
            }
            _ => None,
        }
    }

    /// The name of a slot, which is made when it is new.
    fn slot(&mut self, slot: Slot) -> String {
        let known = self.slots.iter().position(|known| *known == slot);
        Slot::name(known.unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        }))
    }
}

/// For an operator: which of its operands is only looked into, if one is. `None` for functions.
fn operator(name: &str) -> Option<Option<usize>> {
    match name {
        operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT => Some(Some(0)),
        operators::IN => Some(Some(1)),
        _ => name.starts_with(['_', '@', '!', '-']).then_some(None).filter(|_| !is_word(name)),
    }
}

/// Whether a function may be called like this in a source. `_f` may.
fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The step that an index which stands in the source makes.
fn step(index: &IdedExpr) -> Option<Step> {
    match &index.expr {
        Expr::Literal(LiteralValue::String(name)) => Some(Step::Member(name.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(index)) => usize::try_from(*index.inner()).ok().map(Step::Element),
        Expr::Literal(LiteralValue::UInt(index)) => usize::try_from(*index.inner()).ok().map(Step::Element),
        _ => None,
    }
}
