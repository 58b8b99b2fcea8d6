package control

import (
	"context"
	"net/url"
)

// eachOf calls yield with every device of a list, page by page.
func eachOf[T any](ctx context.Context, s *Session, path string, query url.Values, yield func(Reply[T]) error) error {
	query.Set("limit", "1000")
	for {
		type page struct { // DeviceList or CoveredDeviceList, with the JSON of each device
			Devices []Reply[T] `json:"devices"`
			Next    string     `json:"next"`
		}
		reply, err := Do(ctx, s, get[page](path).with(query))
		if err != nil {
			return err
		}
		for _, d := range reply.Value.Devices {
			if err := yield(d); err != nil {
				return err
			}
		}
		if reply.Value.Next == "" {
			return nil
		}
		query.Set("after", reply.Value.Next)
	}
}
