using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Distributed;

/// <summary>
/// Sums by Open MPI, always in the order of ranks: r0 + r1 + r2 + ... So the bits are the same in all trainers and in every run, whichever
/// algorithms Open MPI chooses, which only move bytes here. MPI_Allreduce promises that for no more than two trainers.
/// </summary>
sealed class MpiAllReduce(TrainerJob job) : AllReduce
{
    /// <summary>Up to so many bytes of all trainers together, everybody gets everything and adds it up: one round instead of two.</summary>
    const int SmallBytes = 1 << 16;

    protected override void SumFlat(Tensor values)
    {
        var here = values.cpu();
        var count = here.numel();
        if (count * job.World * here.ElementSize <= SmallBytes)
        {
            var all = empty([job.World, count], here.dtype);
            job.AllGather(here, all);
            here.copy_(InOrder(all));
        }
        else
        {
            // Each trainer adds up one part, and all get all parts.
            var part = (count + job.World - 1) / job.World;
            var (padded, parts) = (zeros([job.World * part], here.dtype), empty([job.World, part], here.dtype));
            padded.narrow(0, 0, count).copy_(here);
            job.AllToAll(padded, parts);
            job.AllGather(InOrder(parts), padded);
            here.copy_(padded.narrow(0, 0, count));
        }
        if (values.device_type != DeviceType.CPU)
            values.copy_(here);
    }

    /// <summary>Sum over the first dimension, row after row. The first row becomes the sum.</summary>
    static Tensor InOrder(Tensor rows)
    {
        var sum = rows[0];
        for (var row = 1; row < rows.shape[0]; row++)
            sum.add_(rows[row], TorchScalars.One);
        return sum;
    }
}
