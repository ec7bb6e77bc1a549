package stats

// PlainForecast is the customary rival of a score: a logistic regression on
// recency, frequency and money alone ([Logs]), learned from the last labelled
// quarter of a year, or half of the window, and taken at its word. It ranks
// well; its probabilities are those of the time of its labels, and it knows no
// counts and no money.
func PlainForecast(visits []Visit, w Window, days int32, now *Summary) ([]float64, error) {
	label := int32(min(int64(days), mostPlainDays, (int64(w.To)-int64(w.From))/2))
	then, err := Summarise(visits, Window{w.From, w.To - label, w.Unit})
	if err != nil {
		return nil, err
	}
	again, _ := then.Later(visits, w.To)
	m, err := FitLogistic(Features(then, Logs), anyOf(again), 1)
	if err != nil {
		return nil, err
	}
	odds := make([]float64, len(now.Who))
	m.Scores(odds, Features(now, Logs))
	for i, z := range odds {
		odds[i] = sigmoid(z)
	}
	return odds, nil
}

const mostPlainDays = 91
