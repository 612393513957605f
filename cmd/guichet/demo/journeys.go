package demo

import "context"

// changeAccount is the main job: a member changes the bank account she is paid on,
// and signs it with her card.
func (j *journey) changeAccount(ctx context.Context) error {
	if err := j.signIn(ctx, "mathieu"); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"bank/change"); err != nil {
		return err
	}
	err := j.browser.submit(ctx, "/bank/change/check", map[string]string{
		"iban": "BE68 5390 0754 7034", "holder": "Mathieu Delcourt", "from": j.browser.choice("from")})
	if err != nil {
		return err
	}
	j.say("new account checked: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/bank/change/send", nil); err != nil {
		return err
	}
	if err := j.sign(ctx); err != nil {
		return err
	}
	return j.collect(ctx, "bank-change.pdf")
}

// orderCard orders the European health insurance card, signed with an EC card.
func (j *journey) orderCard(ctx context.Context) error {
	j.prefix = "/nl/"
	if err := j.signIn(ctx, "lotte"); err != nil {
		return err
	}
	if err := j.browser.open(ctx, j.prefix+"orders/ehic"); err != nil {
		return err
	}
	if err := j.browser.submit(ctx, "/orders/ehic/check", nil); err != nil {
		return err
	}
	j.say("order checked: %s", j.browser.heading())
	if err := j.browser.submit(ctx, "/orders/ehic/send", nil); err != nil {
		return err
	}
	if err := j.sign(ctx); err != nil {
		return err
	}
	return j.collect(ctx, "ehic-order.pdf")
}
