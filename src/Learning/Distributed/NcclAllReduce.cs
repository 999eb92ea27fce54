using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace CoKe.Learning.Distributed;

/// <summary>
/// Sums between CUDA devices by NCCL, without a way through the processors' memory. It has never run: no machine with CUDA devices was at
/// hand. What NCCL chooses for a job is the same in every trainer, and in every run on the same machines.
/// </summary>
sealed unsafe partial class NcclAllReduce : AllReduce
{
    const int Success = 0,
        Addition = 0,
        Float32 = 7,
        Float64 = 8; // of nccl.h
    static readonly Lazy<nint> Library = new(() => Load("libnccl.so.2", "libnccl.so")),
        Cuda = new(() => Load("libcudart.so.13", "libcudart.so.12", "libcudart.so"));

    readonly nint _communicator;

    /// <summary>Joins the devices of the job's trainers.</summary>
    /// <param name="job">The job.</param>
    /// <param name="device">The index of this trainer's device.</param>
    /// <exception cref="TrainerJobException">CUDA or NCCL refuses.</exception>
    public NcclAllReduce(TrainerJob job, int device)
    {
        // NCCL joins the current one.
        Check(((delegate* unmanaged<int, int>)NativeLibrary.GetExport(Cuda.Value, "cudaSetDevice"))(device), "cudaSetDevice");
        Id id;
        if (job.Part.Rank == 0)
            Check(((delegate* unmanaged<Id*, int>)Symbol("ncclGetUniqueId"))(&id), "ncclGetUniqueId");
        var shared = MemoryMarshal.Read<Id>(job.Broadcast(new ReadOnlySpan<byte>(&id, sizeof(Id)).ToArray()));
        nint joined;
        Check(
            ((delegate* unmanaged<nint*, int, Id, int, int>)Symbol("ncclCommInitRank"))(&joined, job.World, shared, job.Part.Rank),
            "ncclCommInitRank"
        );
        _communicator = joined;
    }

    /// <summary>Whether NCCL and CUDA's runtime can be loaded.</summary>
    public static bool IsPresent => Library.Value != 0 && Cuda.Value != 0;

    protected override void SumFlat(Tensor values)
    {
        var data = DataOf(values.Handle);
        var type = values.dtype == ScalarType.Float64 ? Float64 : Float32;
        // On stream 0, which is libtorch's own, so it comes after what made the values and before what uses them.
        Check(
            ((delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)Symbol("ncclAllReduce"))(
                data,
                data,
                (nuint)values.numel(),
                type,
                Addition,
                _communicator,
                0
            ),
            "ncclAllReduce"
        );
    }

    public override void Dispose()
    {
        _ = ((delegate* unmanaged<nint, int>)Symbol("ncclCommDestroy"))(_communicator);
        base.Dispose();
    }

    static nint Load(params string[] names) =>
        names.Select(name => NativeLibrary.TryLoad(name, out var library) ? library : 0).FirstOrDefault(library => library != 0);

    static nint Symbol(string name) => NativeLibrary.GetExport(Library.Value, name);

    static void Check(int code, string function)
    {
        if (code != Success)
            throw new TrainerJobException(
                function,
                $"{code}",
                $"The trainers lost each other ({function}: "
                    + $"{Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)Symbol("ncclGetErrorString"))(code))}): "
                    + "see that all of them run, then go on with --resume."
            );
    }

    /// <summary>Where the values of a tensor begin, on whichever device; TorchSharp tells it of processors' memory only.</summary>
    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    internal static partial nint DataOf(nint tensor);

    /// <summary>ncclUniqueId.</summary>
    struct Id
    {
        public fixed byte Bytes[128];
    }
}
