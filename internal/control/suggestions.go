package control

// SuggestedFeed is a feed that the fleet needs.
type SuggestedFeed struct {
	Kind string `json:"kind"`
	// Name is that under which a refresh fetches it.
	Name string `json:"name"`
	// URL is where its files are published.
	URL string `json:"url"`
	// State is "missing", "part" or "old".
	State string `json:"state"`
	// Devices is how many devices of the newest snapshot need it; 0 if that is not known.
	Devices int64 `json:"devices"`
	// For are the ecosystems that they want, with releases.
	For []string `json:"for"`
	// Has says which part of it is there.
	Has string `json:"has,omitempty"`
}

// SuggestionList lists the feeds that the fleet needs, those that most devices need first.
type SuggestionList struct {
	Feeds []SuggestedFeed `json:"feeds"`
	// Devices is how many the newest snapshot has; 0 if none was published yet.
	Devices int64 `json:"devices"`
}

// SuggestFeeds lists the feeds that the fleet's platforms and software need and that are missing, a
// part, or old.
func SuggestFeeds() Request[SuggestionList] { return get[SuggestionList](feedsPath + "/suggestions") }

// RefreshSuggested fetches the feeds that SuggestFeeds lists.
func RefreshSuggested(allowShrink bool) Request[FeedsReply] {
	r := RefreshFeeds("", "", allowShrink)
	r.Query.Set("suggested", "true")
	return r
}
