// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c.c - CRC32C by the processor's own instruction.
 *
 * Layer: arch/lkl, behind the kernel's crypto API: what ext4, xfs and btrfs
 * check their metadata with.
 *
 * The instruction takes three cycles but one can be started in each. So three
 * parts of the data are summed side by side. Let c0, c1, c2 be their sums and
 * n their length: the sum of all is c0 * x^(16 n) + c1 * x^(8 n) + c2, modulo
 * the polynomial, and the products are carry-less ones by constants.
 *
 * The instruction on a word v with sum 0 gives v * x^32, and PCLMULQDQ on two
 * bit-reflected values their product times x. Hence the constants are
 * x^(8 n - 33) and x^(16 n - 33), and the instruction on the last word does the
 * reduction too.
 *
 * Context: any. SSE registers may be used in all kernel code.
 */
#include <crypto/internal/hash.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <asm/cpufeature.h>

#define PART_WORDS	32
#define PART_BYTES	(PART_WORDS * sizeof(u64))

/* x^(8 * 256 - 33) and x^(16 * 256 - 33) modulo CRC32C's polynomial */
#define SHIFT_1_PART	0xb9e02b86
#define SHIFT_2_PARTS	0xdd7e3b0c

static __always_inline u64 crc_word(u64 crc, u64 word)
{
	asm("crc32q %1, %0" : "+r" (crc) : "rm" (word));
	return crc;
}

static __always_inline u32 crc_byte(u32 crc, u8 byte)
{
	asm("crc32b %1, %0" : "+r" (crc) : "rm" (byte));
	return crc;
}

static __always_inline u64 clmul(u64 a, u64 b)
{
	typedef u64 vec_t __attribute__((vector_size(16)));
	vec_t product = { a };
	vec_t factor = { b };

	asm("pclmulqdq $0, %1, %0" : "+x" (product) : "x" (factor));
	return product[0];
}

static u64 crc_three_parts(u64 c0, const u8 *p)
{
	u64 c1 = 0, c2 = 0, last;
	unsigned int i;

	for (i = 0; i < PART_BYTES - sizeof(u64); i += sizeof(u64)) {
		c0 = crc_word(c0, get_unaligned((u64 *)(p + i)));
		c1 = crc_word(c1, get_unaligned((u64 *)(p + PART_BYTES + i)));
		c2 = crc_word(c2, get_unaligned((u64 *)(p + 2 * PART_BYTES + i)));
	}
	c0 = crc_word(c0, get_unaligned((u64 *)(p + i)));
	c1 = crc_word(c1, get_unaligned((u64 *)(p + PART_BYTES + i)));
	last = get_unaligned((u64 *)(p + 2 * PART_BYTES + i));
	last ^= clmul(c0, SHIFT_2_PARTS) ^ clmul(c1, SHIFT_1_PART);
	return crc_word(c2, last);
}

static u32 crc_sum(u32 sum, const u8 *p, unsigned int len)
{
	u64 crc = sum;

	for (; len >= 3 * PART_BYTES; len -= 3 * PART_BYTES) {
		crc = crc_three_parts(crc, p);
		p += 3 * PART_BYTES;
	}
	for (; len >= sizeof(u64); len -= sizeof(u64)) {
		crc = crc_word(crc, get_unaligned((u64 *)p));
		p += sizeof(u64);
	}
	for (sum = crc; len; len--)
		sum = crc_byte(sum, *p++);
	return sum;
}

/* The crypto API's side. The "key" is the sum to start from. */

static int crc_setkey(struct crypto_shash *tfm, const u8 *key,
		      unsigned int keylen)
{
	u32 *seed = crypto_shash_ctx(tfm);

	if (keylen != sizeof(u32))
		return -EINVAL;
	*seed = get_unaligned_le32(key);
	return 0;
}

static int crc_cra_init(struct crypto_tfm *tfm)
{
	u32 *seed = crypto_tfm_ctx(tfm);

	*seed = ~0U;
	return 0;
}

static int crc_init(struct shash_desc *desc)
{
	u32 *sum = shash_desc_ctx(desc);
	const u32 *seed = crypto_shash_ctx(desc->tfm);

	*sum = *seed;
	return 0;
}

static int crc_update(struct shash_desc *desc, const u8 *data,
		      unsigned int len)
{
	u32 *sum = shash_desc_ctx(desc);

	*sum = crc_sum(*sum, data, len);
	return 0;
}

static int crc_finup(struct shash_desc *desc, const u8 *data,
		     unsigned int len, u8 *out)
{
	const u32 *sum = shash_desc_ctx(desc);

	put_unaligned_le32(~crc_sum(*sum, data, len), out);
	return 0;
}

static int crc_final(struct shash_desc *desc, u8 *out)
{
	return crc_finup(desc, NULL, 0, out);
}

static int crc_digest(struct shash_desc *desc, const u8 *data,
		      unsigned int len, u8 *out)
{
	const u32 *seed = crypto_shash_ctx(desc->tfm);

	put_unaligned_le32(~crc_sum(*seed, data, len), out);
	return 0;
}

static struct shash_alg crc32c_alg = {
	.setkey = crc_setkey,
	.init = crc_init,
	.update = crc_update,
	.final = crc_final,
	.finup = crc_finup,
	.digest = crc_digest,
	.digestsize = sizeof(u32),
	.descsize = sizeof(u32),
	.base = {
		.cra_name = "crc32c",
		.cra_driver_name = "crc32c-sse42",
		/* above crc32c-generic, which has 100 */
		.cra_priority = 200,
		.cra_flags = CRYPTO_ALG_OPTIONAL_KEY,
		.cra_blocksize = 1,
		.cra_ctxsize = sizeof(u32),
		.cra_init = crc_cra_init,
	},
};

/* "123456789" has the sum that the algorithm's catalogues give. */
static bool __init crc_works(void)
{
	static const u8 digits[] __initconst = "123456789";
	u8 data[4 * PART_BYTES];
	u32 sum = ~0U;
	unsigned int i;

	for (i = 0; i < sizeof(data); i++) {
		data[i] = i * 7;
		sum = crc_byte(sum, data[i]);
	}
	return ~crc_sum(~0U, digits, 9) == 0xe3069283 &&
	       crc_sum(~0U, data, sizeof(data)) == sum;
}

static int __init crc32c_init(void)
{
	if (!boot_cpu_has(X86_FEATURE_XMM4_2) ||
	    !boot_cpu_has(X86_FEATURE_PCLMULQDQ))
		return 0;
	if (WARN_ON(!crc_works()))
		return 0;
	return crypto_register_shash(&crc32c_alg);
}
subsys_initcall(crc32c_init);
