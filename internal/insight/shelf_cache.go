package insight

// shelfCache is what is made of a shelf when it is first asked for.
type shelfCache struct{}
