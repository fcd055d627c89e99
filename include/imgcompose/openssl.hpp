// SPDX-License-Identifier: BSL-1.0
// SHA-256 and SHA-512 of an image by libcrypto; needs the target imgcompose::openssl.
#pragma once

#include <imgcompose/core/error.hpp>
#include <imgcompose/core/hash.hpp>
#include <imgcompose/write/digest.hpp>

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

IMGCOMPOSE_NAMESPACE_BEGIN

namespace fail {
[[noreturn]] inline void libcrypto_refused(const char* what) {
    throw error(std::string{"libcrypto cannot compute a digest: "} + what + " failed");
}
} // namespace fail

/// One of libcrypto's message digests.
class evp_digest : public digest {
public:
    explicit evp_digest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1)
            fail::libcrypto_refused("EVP_DigestInit_ex");
    }
    void update(std::span<const std::byte> next) override {
        if (EVP_DigestUpdate(context_.get(), next.data(), next.size()) != 1) fail::libcrypto_refused("EVP_DigestUpdate");
    }
    [[nodiscard]] std::string text() const override {
        const std::unique_ptr<EVP_MD_CTX, free_context> copy{EVP_MD_CTX_new()}; // the end of one digest ends its context
        std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
        unsigned size = 0;
        if (!copy || EVP_MD_CTX_copy_ex(copy.get(), context_.get()) != 1 ||
            EVP_DigestFinal_ex(copy.get(), raw.data(), &size) != 1)
            fail::libcrypto_refused("EVP_DigestFinal_ex");
        std::string digits;
        for (const unsigned char b : std::span{raw}.first(size)) {
            digits += "0123456789abcdef"[b / 16];
            digits += "0123456789abcdef"[b % 16];
        }
        return digits;
    }

private:
    struct free_context {
        void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
    };
    std::unique_ptr<EVP_MD_CTX, free_context> context_;
};

class sha256_digest final : public evp_digest {
public:
    sha256_digest() : evp_digest(EVP_sha256()) {}
};

/// For formats that hold hashes.
inline sha256_value sha256_of(std::span<const std::byte> data) {
    sha256_value value{};
    if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(value.data()), nullptr, EVP_sha256(),
                   nullptr) != 1)
        fail::libcrypto_refused("EVP_Digest");
    return value;
}

/// For sinks that need one.
inline std::unique_ptr<digest> make_sha256() { return std::make_unique<sha256_digest>(); }

class sha512_digest final : public evp_digest {
public:
    sha512_digest() : evp_digest(EVP_sha512()) {}
};

IMGCOMPOSE_NAMESPACE_END
