package auth

import (
	"context"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/clock"
)

const (
	// keyLife is how long a key signs before Maintain replaces it.
	keyLife = 90 * 24 * time.Hour
	// futureKey is how far the clock may be set back before keys are replaced.
	futureKey = 4 * 24 * time.Hour
	// defaultPageLife is how long skip tokens are valid: longer than changes are kept.
	defaultPageLife = 30 * 24 * time.Hour
	// reloadEvery is the shortest time between two reads of the store for an unknown key.
	reloadEvery = 10 * time.Second
	tokenLife   = 3599 * time.Second
)

// ErrPurpose: there are no keys for a purpose.
var ErrPurpose = errors.New("keys are for token, link or page")

// KeyringConfig configures a Keyring. Keys, Clocks and Folder are required.
type KeyringConfig struct {
	Keys   *access.Store
	Clocks *clock.Store
	// Folder is the data folder's secret, which seals the keys.
	Folder [32]byte
	// PageLife is how long a skip token may be used after it was made: 30 days if 0.
	PageLife time.Duration
	// Settle is for servers with other nodes: how long a new key only checks before it signs. Each
	// node must call Reload more often, so that it knows a key before another node signs with it.
	Settle time.Duration
	Clock  func() time.Time
	Random io.Reader
}

// Keyring holds the server's keys. For each purpose one key signs; others check
// signatures for as long as anything that they signed is valid, so that clients do not notice a
// change of keys. It is safe for concurrent use.
type Keyring struct {
	KeyringConfig
	seal  cipher.AEAD
	kept  cipher.AEAD // of what organizations entrust
	mu    sync.Mutex  // held while keys change
	keys  atomic.Pointer[keys]
	asked atomic.Int64 // when the store was last read for an unknown key, Unix nanoseconds
}

// NewKeyring opens the keys of a server, and makes missing ones.
func NewKeyring(ctx context.Context, c KeyringConfig) (*Keyring, error) {
	if c.Keys == nil || c.Clocks == nil || c.Folder == [32]byte{} || c.Clock == nil || c.Random == nil {
		return nil, errors.New("opening the keyring: keys, clocks, folder key, clock and randomness are needed")
	}
	if c.PageLife == 0 {
		c.PageLife = defaultPageLife
	}
	k := &Keyring{KeyringConfig: c}
	var err error
	if k.seal, err = newSeal(c.Folder); err != nil {
		return nil, fmt.Errorf("opening the keyring: %w", err)
	}
	if k.kept, err = newKept(c.Folder); err != nil {
		return nil, fmt.Errorf("opening the keyring: %w", err)
	}
	if err := k.Maintain(ctx); err != nil {
		return nil, fmt.Errorf("opening the keyring: %w", err)
	}
	return k, nil
}

// Maintain makes missing keys, replaces keys older than 90 days, and forgets retired keys when
// everything that they signed has expired. Call it about every hour. While the server's clock
// is in doubt it replaces and forgets none.
func (k *Keyring) Maintain(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Clock()
	if err := k.load(ctx); err != nil {
		return err
	}
	clock, err := k.Clocks.JudgeServer(ctx, now)
	if err != nil {
		return err
	}
	for _, p := range Purposes() {
		id, created := k.keys.Load().newest(p)
		if id == "" || clock.Doubt == "" && isOld(created, now) {
			if err := k.replace(ctx, p, id); err != nil {
				return err
			}
		}
		if clock.Doubt != "" {
			continue
		}
		if _, err := k.Keys.RemoveSigningKeys(ctx, string(p), now.Add(-k.life(p)-k.Settle)); err != nil {
			return err
		}
	}
	return k.load(ctx)
}

// isOld tells whether a key must be replaced. A key with a creation time in the future has an
// unknown age, and is replaced.
func isOld(created, now time.Time) bool {
	return !now.Before(created.Add(keyLife)) || created.After(now.Add(futureKey))
}

// Reload reads the keys that other nodes have made or forgotten.
func (k *Keyring) Reload(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx)
}

// Rotate makes a new key for a purpose, which signs from now on, or after Settle, and returns its
// id. What the old key signed stays valid until it expires. If another node makes a key at the same
// time, that one counts for both.
func (k *Keyring) Rotate(ctx context.Context, p Purpose) (id string, err error) {
	if !slices.Contains(Purposes(), p) {
		return "", fmt.Errorf("%w, not %q", ErrPurpose, jwt.Printable(string(p)))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err = k.load(ctx); err == nil {
		id, _ = k.keys.Load().newest(p)
		err = k.replace(ctx, p, id)
	}
	if err == nil {
		err = k.load(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("rotating the key for %q: %w", p, err)
	}
	id, _ = k.keys.Load().newest(p)
	return id, nil
}

// life returns how long after its retirement a key still checks signatures.
func (k *Keyring) life(p Purpose) time.Duration {
	switch p {
	case Tokens:
		return tokenLife + 2*jwt.Skew
	case Links:
		return 24*time.Hour + 2*jwt.Skew
	}
	return k.PageLife
}

// Secrets returns the key that signs links or pages, and all keys that check them, the newest
// first.
func (k *Keyring) Secrets(p Purpose) (signing [32]byte, all [][32]byte) {
	known := k.keys.Load().secrets[p]
	for _, s := range known {
		all = append(all, s.bits)
	}
	if len(all) == 0 {
		return signing, nil // a purpose without keys
	}
	return all[settled(known, k.settledBefore())], all
}

// signer returns the key that signs tokens.
func (k *Keyring) signer() tokenKey {
	known := k.keys.Load().tokens
	return known[settled(known, k.settledBefore())]
}

// settledBefore returns the time of creation until which a key has settled; zero if all have.
func (k *Keyring) settledBefore() time.Time {
	if k.Settle == 0 {
		return time.Time{}
	}
	return k.Clock().Add(-k.Settle)
}

// publicKey returns the key of tokens with an id. An unknown key may have been made by another
// process, so the store is read again from time to time.
func (k *Keyring) publicKey(ctx context.Context, id string) (*rsa.PublicKey, bool) {
	if key, ok := k.keys.Load().find(id); ok || !k.mayReload() {
		return key, ok
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(ctx); err != nil {
		return nil, false
	}
	return k.keys.Load().find(id)
}

// mayReload lets one caller read the store for an unknown key, and the next one only after
// reloadEvery, or when the clock was set back.
func (k *Keyring) mayReload() bool {
	last, now := k.asked.Load(), k.Clock().UnixNano()
	return (now-last >= int64(reloadEvery) || now < last) && k.asked.CompareAndSwap(last, now)
}

// replace makes a key, which counts once load has read it, unless another node has replaced the old
// one meanwhile ("" for none). Its time is never before the newest clock reading that was believed: a
// key that is retired by a clock that was set back must not look old when the clock is right again.
func (k *Keyring) replace(ctx context.Context, p Purpose, old string) error {
	name, err := uuid.NewRandomFromReader(k.Random)
	if err != nil {
		return err
	}
	id := name.String()
	plain, err := k.generate(p)
	if err != nil {
		return fmt.Errorf("making a key for %q: %w", p, err)
	}
	clock, err := k.Clocks.JudgeServer(ctx, k.Clock())
	if err != nil {
		return err
	}
	created := clock.Now
	if clock.Mark.After(created) {
		created = clock.Mark
	}
	return k.Keys.ReplaceSigningKey(ctx, old, access.SigningKey{ID: id, Purpose: string(p),
		Sealed: k.seal.Seal(nil, nil, plain, bound(p, id)), Created: created})
}

// load reads all keys again.
func (k *Keyring) load(ctx context.Context) error {
	stored, err := k.Keys.SigningKeys(ctx)
	if err != nil {
		return err
	}
	fresh := &keys{secrets: map[Purpose][]secretKey{}}
	for _, s := range stored {
		if err := k.open(s, fresh); err != nil {
			return fmt.Errorf("opening key %q for %q: %w", s.ID, s.Purpose, err)
		}
	}
	if fresh.public, err = keySet(fresh.tokens); err != nil {
		return fmt.Errorf("writing the public keys: %w", err)
	}
	k.keys.Store(fresh)
	return nil
}

// generate makes the secret part of a key: PKCS #8 for tokens, else 32 bytes.
func (k *Keyring) generate(p Purpose) ([]byte, error) {
	if p == Tokens {
		private, err := rsa.GenerateKey(k.Random, tokenBits)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(private)
	}
	bits := make([]byte, 32)
	_, err := io.ReadFull(k.Random, bits)
	return bits, err
}

// open unseals a key. It fails if the store belongs to another data folder, or was changed by
// hand.
func (k *Keyring) open(s access.SigningKey, into *keys) error {
	p := Purpose(s.Purpose)
	plain, err := k.seal.Open(nil, nil, s.Sealed, bound(p, s.ID))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	if p != Tokens {
		key := secretKey{id: s.ID, created: s.Created}
		if copy(key.bits[:], plain) != len(key.bits) {
			return fmt.Errorf("%d bytes, must have %d", len(plain), len(key.bits))
		}
		into.secrets[p] = append(into.secrets[p], key)
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return fmt.Errorf("a %T, must be RSA", parsed)
	}
	into.tokens = append(into.tokens, tokenKey{s.ID, s.Created, private})
	return nil
}
