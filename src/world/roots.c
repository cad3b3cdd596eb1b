/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/roots.h"

#include <dirent.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The folder has files that are found by the hash of a subject, such as `ee64a828.0`. */
static bool has_hashes(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool has = false;

    while (dir && !has && (entry = readdir(dir))) {
        const char *dot = strchr(entry->d_name, '.');

        has = dot && dot - entry->d_name == 8 && dot[1] == '0';
    }
    if (dir)
        closedir(dir);
    return has;
}

/** OpenSSL will find something where it looks by itself. */
static bool system_has_roots(void)
{
    const char *file = getenv(X509_get_default_cert_file_env()),
               *dir = getenv(X509_get_default_cert_dir_env());

    return access(file ? file : X509_get_default_cert_file(), R_OK) == 0 ||
           has_hashes(dir ? dir : X509_get_default_cert_dir());
}

X509_STORE *roots_store(struct roots *r, const char **ret_why)
{
    X509_STORE *store;
    bool opened;

    if (r->store)
        return r->store;
    if (!r->file && !system_has_roots()) {
        *ret_why =
            "this machine has no certificates of web roots; the package ca-certificates brings them";
        return NULL;
    }
    *ret_why = r->file ? "the file of web roots (ca_file) cannot be read"
                       : "the certificates of web roots cannot be read";
    if (!(store = X509_STORE_new()))
        return NULL;
    opened = r->file ? X509_STORE_load_file(store, r->file) : X509_STORE_set_default_paths(store);
    ERR_clear_error();
    if (!opened) {
        X509_STORE_free(store);
        return NULL;
    }
    return r->store = store;
}

void roots_done(struct roots *r)
{
    X509_STORE_free(r->store);
    r->store = NULL;
}
