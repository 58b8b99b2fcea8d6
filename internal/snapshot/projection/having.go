package projection

import "fmt"

// DevicesOf reads which devices have any of some releases of the head, and nothing else of the file: by the number of
// the device, as Projection.DevicesOf.
func (f *File) DevicesOf(head *Head, releases []uint32) (has []bool, err error) {
	l, err := f.lists(releaseSection)
	if err != nil {
		return nil, err
	}
	has = make([]bool, head.Devices)
	for _, n := range releases {
		if err := l.mark(has, int(n), head.Releases[n].Devices); err != nil {
			return nil, fmt.Errorf("devices of release %d: %w", n, err)
		}
	}
	return has, nil
}

// DevicesWith reads on which devices a configuration of the head, by its number, has any of some outcomes.
func (f *File) DevicesWith(head *Head, configuration int, outcomes []Outcome) (has []bool, err error) {
	l, err := f.lists(outcomeSection)
	if err != nil {
		return nil, err
	}
	has = make([]bool, head.Devices)
	for _, o := range outcomes {
		if err := l.mark(has, configuration*OutcomeCount+int(o), head.Configurations[configuration].Devices[o]); err != nil {
			return nil, fmt.Errorf("devices of configuration %d: %w", configuration, err)
		}
	}
	return has, nil
}

// mark marks the devices of a list, which has so many.
func (l *lists) mark(has []bool, n int, devices int64) error {
	if n >= len(l.ends) || !l.check(n, devices, len(has)) {
		return fmt.Errorf("%d devices are not those of the list: %w", devices, ErrForm)
	}
	l.each(n, func(d uint32) { has[d] = true })
	return nil
}
