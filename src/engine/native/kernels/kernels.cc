// Compiled once for each instruction set, with FROSTKIT_ISA as the name of its namespace and of the table that it exports.
#include <algorithm>

#include "adamW.h"
#include "attention.h"
#include "firstRowAttention.h"
#include "gemm.h"
#include "norm.h"
#include "postNormLayer.h"
#include "postNormLayerGradients.h"
#include "rotaryAttention.h"

#define TABLE_NAME_OF(isa) frostkit_kernels_##isa
#define TABLE_NAME(isa) TABLE_NAME_OF(isa)

extern const Kernels TABLE_NAME(FROSTKIT_ISA);
const Kernels TABLE_NAME(FROSTKIT_ISA) = {
    FROSTKIT_ISA::multiply,
    FROSTKIT_ISA::layerNorm,
    FROSTKIT_ISA::layerNormGradients,
    FROSTKIT_ISA::attention,
    FROSTKIT_ISA::attentionGradients,
    FROSTKIT_ISA::rotaryAttention,
    FROSTKIT_ISA::rotaryAttentionGradients,
    FROSTKIT_ISA::firstRowAttention,
    FROSTKIT_ISA::firstRowAttentionGradients,
    FROSTKIT_ISA::postNormLayer,
    FROSTKIT_ISA::postNormLayerGradients,
    FROSTKIT_ISA::dropoutMask,
    FROSTKIT_ISA::adamW,
    FROSTKIT_ISA::sumOfSquares,
};
