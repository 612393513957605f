package document

func (a BankChange) wire() wireBankChange {
	return wireBankChange{
		wireHead:       head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		NewIBAN:        a.NewIBAN,
		BIC:            a.BIC,
		Bank:           a.Bank,
		Holder:         a.Holder,
		From:           day{a.From},
		ReplacesLast4:  a.ReplacesLast4,
		AccountVersion: a.AccountVersion,
		AlsoFor:        a.AlsoFor,
	}
}

func (w wireBankChange) act() BankChange {
	return BankChange{
		Reference:      w.Reference,
		Language:       w.Language,
		Mutuality:      Mutuality(w.Mutuality),
		Member:         w.Member.person(),
		Date:           w.Date.Time,
		NewIBAN:        w.NewIBAN,
		BIC:            w.BIC,
		Bank:           w.Bank,
		Holder:         w.Holder,
		From:           w.From.Time,
		ReplacesLast4:  w.ReplacesLast4,
		AccountVersion: w.AccountVersion,
		AlsoFor:        w.AlsoFor,
	}
}

func (a EHICOrder) wire() wireEHICOrder {
	w := wireEHICOrder{
		wireHead:   head(a.Kind(), a.Reference, a.Language, a.Mutuality, a.Member, day{a.Date}),
		ForPersons: a.ForPersons,
		DeliverTo:  a.DeliverTo,
		Country:    a.Country,
	}
	if a.Departure != nil {
		w.Departure = &day{*a.Departure}
	}
	if a.Return != nil {
		w.Return = &day{*a.Return}
	}
	return w
}

func (w wireEHICOrder) act() EHICOrder {
	a := EHICOrder{
		Reference:  w.Reference,
		Language:   w.Language,
		Mutuality:  Mutuality(w.Mutuality),
		Member:     w.Member.person(),
		Date:       w.Date.Time,
		ForPersons: w.ForPersons,
		DeliverTo:  w.DeliverTo,
		Country:    w.Country,
	}
	if w.Departure != nil {
		a.Departure = &w.Departure.Time
	}
	if w.Return != nil {
		a.Return = &w.Return.Time
	}
	return a
}

func head(k Kind, reference string, l Language, m Mutuality, p Person, date day) wireHead {
	return wireHead{
		Kind:      k,
		Version:   version,
		Reference: reference,
		Language:  l,
		Mutuality: wireMutuality(m),
		Member:    wirePerson{p.Name, day{p.Birth}, p.Affiliation},
		Date:      date,
	}
}

func (w wirePerson) person() Person { return Person{w.Name, w.Birth.Time, w.Affiliation} }
