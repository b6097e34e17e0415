/* Addresses and private keys of cryptocurrencies: base58check, bech32 (BIP 173, BIP 350), EIP-55. */
#include "detect/byte_class.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { BASE58_MAX = 64, BASE58_BYTES = 48, BASE58_LIMBS = BASE58_BYTES / 4, CHECK_BYTES = 4, KECCAK_RATE = 136 };
enum { ADDRESS_BYTES = 21, WIF_BYTES = 33 }; /* with one byte of version; some have one byte more */

/* What a character stands for, 58 for any other: there is neither 0, I, O nor l. */
static uint32_t base58_digit(uint8_t byte)
{
    static const struct {
        uint8_t first, last, digit;
    } ranges[] = {{'a', 'k', 33}, {'m', 'z', 44}, {'A', 'H', 9}, {'J', 'N', 17}, {'P', 'Z', 22}, {'1', '9', 0}};

    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (byte >= ranges[i].first && byte <= ranges[i].last)
            return (uint32_t)ranges[i].digit + byte - ranges[i].first;
    return 58;
}

/* number, in limbs of 32 bits from the lowest, times 58 and one digit more; false: it does not fit. */
static bool base58_append(uint32_t number[BASE58_LIMBS], size_t *used, uint32_t digit)
{
    uint64_t carry = digit;

    for (size_t i = 0; i < *used; i++) {
        carry += (uint64_t)number[i] * 58;
        number[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0 && *used == BASE58_LIMBS)
        return false;
    if (carry > 0)
        number[(*used)++] = (uint32_t)carry;
    return true;
}

/* Big-endian, without leading zero bytes. */
static size_t bytes_of_limbs(const uint32_t *number, size_t used, uint8_t *ret_bytes)
{
    size_t len = 0;

    for (size_t i = sizeof *number * used; i-- > 0;) {
        uint8_t byte = (uint8_t)(number[i / sizeof *number] >> (i % sizeof *number * 8));
        if (len > 0 || byte != 0)
            ret_bytes[len++] = byte;
    }
    return len;
}

/* False: a character is no digit, or they are too many. */
static bool base58_read(Bytes digits, uint32_t number[BASE58_LIMBS], size_t *used)
{
    for (size_t i = 0; i < digits.len; i++) {
        uint32_t digit = base58_digit(digits.data[i]);
        if (digit == 58 || !base58_append(number, used, digit))
            return false;
    }
    return true;
}

/* Big-endian bytes of a base58 number, leading ones as zero bytes. 0: not base58, or too long. */
static size_t base58_decode(Bytes value, uint8_t ret_bytes[BASE58_BYTES])
{
    uint32_t number[BASE58_LIMBS] = {0};
    size_t zeros = 0, used = 0, len = 0;

    if (value.len > BASE58_MAX)
        return 0;
    while (zeros < value.len && value.data[zeros] == '1')
        zeros++;
    if (base58_read((Bytes){value.data + zeros, value.len - zeros}, number, &used) &&
        zeros + used * sizeof *number <= BASE58_BYTES) {
        memset(ret_bytes, 0, zeros);
        len = zeros + bytes_of_limbs(number, used, ret_bytes + zeros);
    }
    explicit_bzero(number, sizeof number);
    return len;
}

static void sha256(const uint8_t *bytes, size_t len, uint8_t ret_digest[32])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = 32;

    g_checksum_update(sum, bytes, (gssize)len);
    g_checksum_get_digest(sum, ret_digest, &size);
}

/* The payload's length, which must be the one given or one more; 0 if it is not, or the check bytes are wrong. */
static size_t base58check_decode(Bytes value, size_t wanted, uint8_t ret_bytes[BASE58_BYTES])
{
    uint8_t digest[32];
    size_t len = base58_decode(value, ret_bytes);

    if (len != wanted + CHECK_BYTES && len != wanted + CHECK_BYTES + 1)
        return 0;
    sha256(ret_bytes, len - CHECK_BYTES, digest);
    sha256(digest, 32, digest);
    return memcmp(digest, ret_bytes + len - CHECK_BYTES, CHECK_BYTES) == 0 ? len - CHECK_BYTES : 0;
}

static uint32_t bech32_step(uint32_t checksum, uint32_t number)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = checksum >> 25;

    checksum = (checksum & 0x1ffffff) << 5 ^ number;
    for (unsigned i = 0; i < 5; i++)
        checksum ^= (top >> i & 1) != 0 ? generator[i] : 0;
    return checksum;
}

enum { BECH32 = 1, BECH32M = 0x2bc830a3 };

/* BECH32, BECH32M, or what a text gives that is neither; 0 for what cannot be one. Letters are of one case. */
static uint32_t bech32_checksum(Bytes value)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const uint8_t *one = memrchr(value.data, '1', value.len);
    uint32_t checksum = 1;

    Mix mix = mix_of(value);
    if (one == NULL || one == value.data || value.len > 110 || (mix.upper > 0 && mix.lower > 0) ||
        value.data + value.len - one < 8)
        return 0;
    for (const uint8_t *at = value.data; at < one; at++)
        checksum = bech32_step(checksum, (uint32_t)g_ascii_tolower((char)*at) >> 5);
    checksum = bech32_step(checksum, 0);
    for (const uint8_t *at = value.data; at < one; at++)
        checksum = bech32_step(checksum, (uint32_t)g_ascii_tolower((char)*at) & 31);
    for (const uint8_t *at = one + 1; at < value.data + value.len; at++) {
        const char *place = strchr(alphabet, g_ascii_tolower((char)*at));
        if (place == NULL || *at == 0)
            return 0;
        checksum = bech32_step(checksum, (uint32_t)(place - alphabet));
    }
    return checksum;
}

bool bech32_is_valid(Bytes value)
{
    uint32_t checksum = bech32_checksum(value);

    return checksum == BECH32 || checksum == BECH32M;
}

/* BIP 350: witness version 0 is bech32 of a hash of 20 or 32 bytes, the others are bech32m; those that BIP 173 shows
 * for them are bech32, too, and still taken. */
static bool segwit_is_valid(Bytes value)
{
    enum { OF_20_BYTES = 39, OF_32_BYTES = 59 }; /* version, 32 or 52 characters of five bits, checksum */
    const uint8_t *one = memrchr(value.data, '1', value.len);

    if (one == NULL || one == value.data + value.len - 1)
        return false;
    size_t left = (size_t)(value.data + value.len - one) - 1;
    if (strchr("3jn54khce6mua7l", g_ascii_tolower((char)one[1])) != NULL) /* versions end with 16 */
        return false;
    if (g_ascii_tolower((char)one[1]) != 'q')
        return bech32_is_valid(value);
    return (left == OF_20_BYTES || left == OF_32_BYTES) && bech32_checksum(value) == BECH32;
}

static void keccak_theta(uint64_t state[25])
{
    uint64_t parity[5];

    for (unsigned i = 0; i < 5; i++)
        parity[i] = state[i] ^ state[i + 5] ^ state[i + 10] ^ state[i + 15] ^ state[i + 20];
    for (unsigned i = 0; i < 25; i++) {
        uint64_t next = parity[(i + 1) % 5];
        state[i] ^= parity[(i + 4) % 5] ^ (next << 1 | next >> 63);
    }
}

static void keccak_rho_pi(uint64_t state[25])
{
    static const uint8_t rotations[24] = {
        1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44};
    static const uint8_t lanes[24] = {
        10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1};
    uint64_t moved = state[1];

    for (unsigned i = 0; i < 24; i++) {
        uint64_t kept = state[lanes[i]];
        state[lanes[i]] = moved << rotations[i] | moved >> (64 - rotations[i]);
        moved = kept;
    }
}

static void keccak_chi(uint64_t state[25])
{
    uint64_t row[5];

    for (unsigned j = 0; j < 25; j += 5) {
        memcpy(row, state + j, sizeof row);
        for (unsigned i = 0; i < 5; i++)
            state[j + i] = row[i] ^ (~row[(i + 1) % 5] & row[(i + 2) % 5]);
    }
}

/* The round constants come from a shift register. */
static void keccak_iota(uint64_t state[25], uint8_t *feedback)
{
    for (unsigned bit = 0; bit < 7; bit++) {
        if ((*feedback & 1) != 0)
            state[0] ^= UINT64_C(1) << ((1U << bit) - 1);
        *feedback = (uint8_t)(*feedback << 1 ^ (*feedback >> 7 != 0 ? 0x71 : 0));
    }
}

/* The permutation of FIPS 202, section 3.3. */
static void keccak_permute(uint64_t state[25])
{
    uint8_t feedback = 1;

    for (unsigned round = 0; round < 24; round++) {
        keccak_theta(state);
        keccak_rho_pi(state);
        keccak_chi(state);
        keccak_iota(state, &feedback);
    }
}

/* Keccak-256 as Ethereum uses it (padding 01, not SHA-3's 06), of less than one block. */
static void keccak256(const uint8_t *text, size_t len, uint8_t ret_digest[32])
{
    uint64_t state[25] = {0};
    uint8_t block[KECCAK_RATE] = {0};

    memcpy(block, text, len);
    block[len] = 0x01;
    block[KECCAK_RATE - 1] |= 0x80;
    for (size_t i = 0; i < KECCAK_RATE; i++)
        state[i / 8] |= (uint64_t)block[i] << (i % 8 * 8);
    keccak_permute(state);
    for (size_t i = 0; i < 32; i++)
        ret_digest[i] = (uint8_t)(state[i / 8] >> (i % 8 * 8));
}

/* EIP-55: a letter is upper case where the digest of the lower-case address has a digit of 8 or more. */
static Verdict ethereum_verdict(Bytes address)
{
    Mix mix = mix_of(address);
    uint8_t lower[40], digest[32];

    if (address.len != 40 || !mix.is_hex || distinct_count(address) < 4)
        return VERDICT_REJECT;
    if (mix.upper == 0 || mix.lower == 0)
        return VERDICT_WEAK;
    for (size_t i = 0; i < 40; i++)
        lower[i] = (uint8_t)g_ascii_tolower((char)address.data[i]);
    keccak256(lower, 40, digest);
    for (size_t i = 0; i < 40; i++) {
        bool is_high = (digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 8) != 0;
        if (g_ascii_isalpha(address.data[i]) && is_high != (bool)g_ascii_isupper(address.data[i]))
            return VERDICT_REJECT;
    }
    return VERDICT_PROVED;
}

/* Digits and letters up to f, in lower case: a hash. Of the 58 characters of an address none else turns up in one of
 * 10^14. */
static bool is_hash(Bytes value)
{
    size_t at = 0;

    while (at < value.len && byte_is_hex(value.data[at]) && !g_ascii_isupper(value.data[at]))
        at++;
    return at == value.len;
}

/* Bitcoin, Litecoin, Dogecoin, Dash, Zcash, Tron, Ripple's alphabet excluded: what a version byte and four check bytes
 * prove. */
Verdict validate_crypto_address(Bytes value)
{
    uint8_t bytes[BASE58_BYTES];

    if (value.len > 2 && value.data[0] == '0' && (value.data[1] | 0x20) == 'x')
        return ethereum_verdict((Bytes){value.data + 2, value.len - 2});
    if (is_hash(value))
        return VERDICT_REJECT;
    if (memchr(value.data, '1', MIN(value.len, 5)) != NULL && segwit_is_valid(value))
        return VERDICT_PROVED;
    return base58check_decode(value, ADDRESS_BYTES, bytes) != 0 ? VERDICT_PROVED : VERDICT_REJECT;
}

/* Wallet import format: version, 32 bytes, perhaps 01 for a compressed public key. */
Verdict validate_wif(Bytes value)
{
    uint8_t bytes[BASE58_BYTES];
    size_t len = base58check_decode(value, WIF_BYTES, bytes);

    explicit_bzero(bytes, sizeof bytes);
    return len != 0 ? VERDICT_PROVED : VERDICT_REJECT;
}

/* A key of secp256k1 lies between 1 and the order of the group (SEC 2, section 2.4.1). */
Verdict validate_secp256k1_key(Bytes value)
{
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    Bytes hex = value;

    if (value.len == 66)
        hex = (Bytes){value.data + 2, 64};
    if (hex.len != 64 || !mix_of(hex).is_hex || distinct_count(hex) < 8)
        return VERDICT_REJECT;
    return g_ascii_strncasecmp((const char *)hex.data, order, 64) < 0 ? VERDICT_PASS : VERDICT_REJECT;
}
