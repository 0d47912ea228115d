/* SPDX-License-Identifier: Apache-2.0 */
/* A WAV file of anybody's making; what is accepted is converted as a prompt would be. */
#include "far/media/wav.h"
#include <assert.h>
#include <string.h>

#define CONVERT_FRAMES_MAX 2000u /* the filter is slow under the fuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct far_wav wav;
    char error[FAR_WAV_ERROR_MAX] = "";
    if (far_wav_parse(data, size, &wav, error) != FAR_OK) {
        assert(strlen(error) > 0); /* no refusal without a reason */
        return 0;
    }
    assert(wav.frames * wav.channels <= size);
    if (wav.frames <= CONVERT_FRAMES_MAX && (uint64_t)wav.frames * 8000 / wav.rate <= CONVERT_FRAMES_MAX) {
        assert(far_wav_convert(&wav, 8000) == FAR_OK);
        assert(wav.channels == 1 && wav.rate == 8000);
    }
    far_wav_done(&wav);
    return 0;
}
