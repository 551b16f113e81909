//! Random numbers from a seed, for tests that try many things and must be able to do exactly the same again.

/// SplitMix64: small, good enough to choose test cases with.
pub struct Random(u64);

impl Random {
    /// The numbers of a seed. `PORTCULLIS_TEST_SEED` in the environment replaces it.
    pub fn seeded(seed: u64) -> Random {
        let given = std::env::var("PORTCULLIS_TEST_SEED").ok().map(|text| text.parse().unwrap());
        Random(given.unwrap_or(seed))
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of these.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A text of up to `most` characters, from `characters`.
    pub fn text(&mut self, characters: &str, most: usize) -> String {
        let characters: Vec<char> = characters.chars().collect();
        (0..self.below(most + 1)).map(|_| *self.one(&characters)).collect()
    }
}
