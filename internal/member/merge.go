package member

import (
	"maps"
	"slices"

	"joren/internal/clock"
)

// absorb fills the gaps of the kept record from the one that goes and names
// the fields it filled, so that the merge can be undone. What both have, the
// kept one keeps. External ids stay on the record that goes and are found
// through its redirect.
func absorb(kept, gone Person) (Person, []string) {
	var filled []string
	kept.Attributes = maps.Clone(kept.Attributes)
	for _, f := range fieldsOf(&kept, &gone) {
		if *f.kept == "" && *f.gone != "" {
			*f.kept = *f.gone
			filled = append(filled, f.name)
		}
	}
	if kept.Birthday == 0 && gone.Birthday != 0 {
		kept.Birthday, kept.BirthdaySetOn = gone.Birthday, gone.BirthdaySetOn
		filled = append(filled, "birthday")
	}
	if len(kept.Anniversaries) == 0 && len(gone.Anniversaries) > 0 {
		kept.Anniversaries = gone.Anniversaries
		filled = append(filled, "anniversaries")
	}
	for _, k := range slices.Sorted(maps.Keys(gone.Attributes)) {
		if _, has := kept.Attributes[k]; !has {
			if kept.Attributes == nil {
				kept.Attributes = Attributes{}
			}
			kept.Attributes[k] = gone.Attributes[k]
			filled = append(filled, "attributes."+k)
		}
	}
	return kept, filled
}

// release takes back what absorb filled, where it was not changed since.
func release(kept, gone Person, filled []string) Person {
	kept.Attributes = maps.Clone(kept.Attributes)
	was := func(name string) bool { return slices.Contains(filled, name) }
	for _, f := range fieldsOf(&kept, &gone) {
		if was(f.name) && *f.kept == *f.gone {
			*f.kept = ""
		}
	}
	if was("birthday") && kept.Birthday == gone.Birthday {
		kept.Birthday, kept.BirthdaySetOn = 0, clock.Day(0)
	}
	if was("anniversaries") && slices.Equal(kept.Anniversaries, gone.Anniversaries) {
		kept.Anniversaries = nil
	}
	for k, v := range gone.Attributes {
		if was("attributes."+k) && kept.Attributes[k] == v {
			delete(kept.Attributes, k)
		}
	}
	return kept
}

type fieldPair struct {
	name       string
	kept, gone *string
}

func fieldsOf(kept, gone *Person) []fieldPair {
	return []fieldPair{
		{"name", &kept.Name, &gone.Name}, {"name_kana", &kept.NameKana, &gone.NameKana}, {"phone", &kept.Phone, &gone.Phone}, {"email", &kept.Email, &gone.Email},
		{"gender", (*string)(&kept.Gender), (*string)(&gone.Gender)}, {"post_code", &kept.PostCode, &gone.PostCode}, {"area", &kept.Area, &gone.Area}, {"address", &kept.Address, &gone.Address}, {"memo", &kept.Memo, &gone.Memo},
	}
}
