package benchmark

// Remembered returns how many outcomes are cached.
func (b *Benchmark) Remembered() int { return len(b.memo.outcomes) }

// Forget empties the cache.
func (b *Benchmark) Forget() { b.memo = newMemo() }
