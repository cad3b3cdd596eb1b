/* SPDX-License-Identifier: BSD-2-Clause */
/* The least a program can do: the limit of the start-up benchmarks. */
int main(void)
{
    return 0;
}
