using CoKe.Learning.Distributed;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>What can be said of NCCL without CUDA devices.</summary>
public sealed class NcclAllReduceTests
{
    [Fact]
    public unsafe void DataOf_ATensor_IsWhereItsValuesBegin()
    {
        using var values = tensor([1f, 2f, 3f]);

        fixed (byte* first = values.bytes)
            Assert.Equal((nint)first, NcclAllReduce.DataOf(values.Handle));
    }
}
