package counts

// Shares has a score, which is the share of the applicable weight that is compliant, from 0 to 100; absent if
// nothing applies.
type Shares struct {
	Score *float64 `json:"score,omitempty"`
	Weight
	// Categories are those of which something applies, by name.
	Categories []CategoryScore `json:"categories"`
}

// CategoryScore is the score of the configurations of a category.
type CategoryScore struct {
	Category string   `json:"category"`
	Score    *float64 `json:"score,omitempty"`
	Weight
}

// SharesOf returns the score of weights.
func SharesOf(c Compliance) Shares {
	all := Shares{Weight: c.Sum(), Categories: []CategoryScore{}}
	all.Score = shareOf(all.Weight)
	for _, category := range c.Categories() {
		all.Categories = append(all.Categories, CategoryScore{category, shareOf(c[category]), c[category]})
	}
	return all
}

func shareOf(w Weight) *float64 {
	if score, ok := w.Score(); ok {
		return &score
	}
	return nil
}
