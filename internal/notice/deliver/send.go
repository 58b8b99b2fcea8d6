package deliver

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/notice"
)

// Send sends a delivery and returns once the receiver has taken it.
func (s *Sender) Send(ctx context.Context, to *notice.Destination, d *notice.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	switch to.Kind {
	case notice.Webhook:
		return s.post(ctx, to, d)
	case notice.Mail:
		return s.mail(ctx, to, d)
	case notice.Syslog:
		return s.log(ctx, to, d)
	}
	return fmt.Errorf("the kind %q is unknown", to.Kind)
}
