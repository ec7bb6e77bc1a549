package stats

// A snapshot is the past as it was known on a day, with what came after.
type snapshot struct {
	sum   *Summary
	again []int        // purchases within the time of the labels
	label float64      // that time, in units
	said  []Prediction // of it, by a model fitted to this past alone: what came has no say in it
}

// An album keeps the snapshots of one model that were taken already.
type album map[cut]*snapshot

func (a album) at(visits []Visit, w Window, c cut, near Model) (*snapshot, error) {
	if s := a[c]; s != nil {
		return s, nil
	}
	s, err := snapshotAt(visits, w, c, near)
	if err == nil {
		a[c] = s
	}
	return s, err
}

// A cut is where a snapshot is taken: learned up to at, labelled from there to
// until.
type cut struct{ at, until int32 }

// cuts are three days to learn from. Their labels cover half, a third and a
// quarter of the window, so that what is learned does not hang on one day or
// one length; no more than the days to be forecast, and where that makes two
// alike the later one steps back by its own length.
func cuts(w Window, days int32) []cut {
	var out []cut
	last, until := int64(-1), int64(w.To)
	for _, part := range []int64{2, 3, 4} {
		label := min(int64(days), (int64(w.To)-int64(w.From))/part)
		if label < 1 {
			break
		}
		if label != last {
			until = int64(w.To)
		}
		out = append(out, cut{int32(until - label), int32(until)})
		last, until = label, until-label
	}
	return out
}

// snapshotAt takes one. The model is fitted from the parameters of a near one,
// which stands in where the shorter past does not carry a fit.
func snapshotAt(visits []Visit, w Window, c cut, near Model) (*snapshot, error) {
	sum, err := Summarise(visits, Window{w.From, c.at, w.Unit})
	if err != nil {
		return nil, err
	}
	s := &snapshot{sum: sum, label: float64(c.until-c.at) / w.Unit, said: make([]Prediction, len(sum.Who))}
	s.again, _ = sum.Later(visits, c.until)
	g := sum.Group()
	model := refit(near, g.Rows)
	if model == nil {
		model = near
	}
	rows := make([]Prediction, len(g.Rows))
	model.Predict(rows, g.Rows, s.label)
	for i, row := range g.Of {
		s.said[i] = rows[row]
	}
	return s, nil
}

// learn fits the regression to a snapshot, on top of the model's log odds for
// the time of the labels.
func (s *snapshot) learn(kind FeatureKind) (*Logistic, error) {
	given := make([]float64, len(s.again))
	for i, p := range s.said {
		given[i] = Trust * logit(p.AtLeastOne)
	}
	return FitLogisticOn(Features(s.sum, kind), anyOf(s.again), given, 1)
}
