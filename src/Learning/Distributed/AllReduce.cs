using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Distributed;

/// <summary>Sums tensors over the trainers, by Open MPI or, between CUDA devices, by NCCL.</summary>
abstract class AllReduce : IDisposable
{
    /// <summary>That of a job: NCCL where all trainers have CUDA devices and its library, else Open MPI, which copies through the
    /// processors' memory.</summary>
    public static AllReduce Of(TrainerJob job, Device device)
    {
        // Decided together: one that lacks the library would wait for the others in another one.
        var canNccl = device.type == DeviceType.CUDA && NcclAllReduce.IsPresent;
        return job.Gather(BitConverter.GetBytes(canNccl)).All(can => BitConverter.ToBoolean(can))
            ? new NcclAllReduce(job, device.index)
            : new MpiAllReduce(job);
    }

    /// <inheritdoc cref="Tensors.SumOverTrainers"/>
    public void Sum(IReadOnlyList<Tensor> values)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        if (values.Count == 1 && values[0].is_contiguous())
        {
            SumFlat(values[0].view(-1));
            return;
        }
        // One message instead of one per layer.
        var flat = cat([.. values.Select(value => value.reshape(-1))]);
        SumFlat(flat);
        var start = 0L;
        foreach (var value in values)
        {
            value.copy_(flat.narrow(0, start, value.numel()).view(value.shape));
            start += value.numel();
        }
    }

    /// <summary>Sums one contiguous tensor of one dimension in place.</summary>
    protected abstract void SumFlat(Tensor values);

    public virtual void Dispose() { }
}
