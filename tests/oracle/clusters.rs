//! The naive definition of clusters: all pairs, compared exactly.

use std::collections::{BTreeMap, BTreeSet};

/// The exact similarity of every pair of texts.
pub(crate) fn similarities(texts: &[String]) -> Vec<Vec<f64>> {
    texts.iter().map(|left| texts.iter().map(|right| refrain::jaccard(left, right)).collect()).collect()
}

/// The components of pairs with at least the threshold, each as the set of its members, by following links.
pub(crate) fn components(similarities: &[Vec<f64>], threshold: f64) -> BTreeSet<BTreeSet<usize>> {
    let mut component: BTreeMap<usize, usize> = (0..similarities.len()).map(|id| (id, id)).collect();
    loop {
        let mut changed = false;
        for left in 0..similarities.len() {
            for right in 0..similarities.len() {
                if similarities[left][right] >= threshold && component[&left] < component[&right] {
                    component.insert(right, component[&left]);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut sets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (id, component) in component {
        sets.entry(component).or_default().insert(id);
    }
    sets.into_values().collect()
}

/// The strongest threshold at which these members are still one component: the weakest link.
pub(crate) fn weakest(similarities: &[Vec<f64>], members: &BTreeSet<usize>) -> f64 {
    let members: Vec<usize> = members.iter().copied().collect();
    let among: Vec<Vec<f64>> = members
        .iter()
        .map(|&left| members.iter().map(|&right| similarities[left][right]).collect())
        .collect();
    let mut values: Vec<f64> = among.iter().flatten().copied().collect();
    values.sort_by(|a, b| b.partial_cmp(a).unwrap());
    values.into_iter().find(|&value| components(&among, value).len() == 1).unwrap()
}
