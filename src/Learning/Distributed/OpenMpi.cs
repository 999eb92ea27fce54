using System.Runtime.InteropServices;
using System.Text;

namespace CoKe.Learning.Distributed;

/// <summary>The few functions of Open MPI that trainers use. Its communicators, types and operations are addresses of objects in the
/// library, so it must be Open MPI and no other MPI.</summary>
sealed unsafe class OpenMpi
{
    const int Success = 0,
        ThreadSerialized = 2,
        LongestError = 256;
    static readonly string[] Names = ["libmpi.so.40", "libmpi.so", "libmpi.40.dylib"];

    readonly nint _library,
        _world,
        _bytes;

    /// <summary>Loads the library and joins the job that mpirun started. Once per process.</summary>
    /// <exception cref="TrainerJobException">It is not there, is another MPI, or was built for one thread only.</exception>
    public OpenMpi()
    {
        _library = Load();
        (_world, _bytes) = (Symbol("ompi_mpi_comm_world"), Symbol("ompi_mpi_byte"));
        int provided;
        Check(
            ((delegate* unmanaged<nint, nint, int, int*, int>)Symbol("MPI_Init_thread"))(0, 0, ThreadSerialized, &provided),
            "MPI_Init_thread"
        );
        if (provided < ThreadSerialized)
            throw new TrainerJobException(
                "MPI_Init_thread",
                $"{provided}",
                "This Open MPI was built for programs of one thread: install one with threads, as the package openmpi-bin of Debian."
            );
        // Errors come back, so that a sentence can be said about them.
        Check(
            ((delegate* unmanaged<nint, nint, int>)Symbol("MPI_Comm_set_errhandler"))(_world, Symbol("ompi_mpi_errors_return")),
            "MPI_Comm_set_errhandler"
        );
    }

    /// <summary>Which process of the job this is.</summary>
    public int Rank => Ask("MPI_Comm_rank");

    /// <summary>How many processes the job has.</summary>
    public int World => Ask("MPI_Comm_size");

    /// <summary>Block r of what every process sends becomes block own-rank of what process r receives.</summary>
    public void AllToAll(byte* sent, byte* received, int blockSize) =>
        Check(
            ((delegate* unmanaged<byte*, int, nint, byte*, int, nint, nint, int>)Symbol("MPI_Alltoall"))(
                sent,
                blockSize,
                _bytes,
                received,
                blockSize,
                _bytes,
                _world
            ),
            "MPI_Alltoall"
        );

    /// <summary>What every process sends, joined by rank.</summary>
    public void AllGather(byte* sent, byte* received, int size) =>
        Check(
            ((delegate* unmanaged<byte*, int, nint, byte*, int, nint, nint, int>)Symbol("MPI_Allgather"))(
                sent,
                size,
                _bytes,
                received,
                size,
                _bytes,
                _world
            ),
            "MPI_Allgather"
        );

    /// <summary>The same of different lengths.</summary>
    public void AllGather(byte* sent, int size, byte* received, int* sizes, int* offsets) =>
        Check(
            ((delegate* unmanaged<byte*, int, nint, byte*, int*, int*, nint, nint, int>)Symbol("MPI_Allgatherv"))(
                sent,
                size,
                _bytes,
                received,
                sizes,
                offsets,
                _bytes,
                _world
            ),
            "MPI_Allgatherv"
        );

    /// <summary>Everybody gets the bytes of <paramref name="root"/>.</summary>
    public void Broadcast(byte* values, int size, int root) =>
        Check(
            ((delegate* unmanaged<byte*, int, nint, int, nint, int>)Symbol("MPI_Bcast"))(values, size, _bytes, root, _world),
            "MPI_Bcast"
        );

    /// <summary>Ends all processes of the job at once.</summary>
    public void Abort(int code) => _ = ((delegate* unmanaged<nint, int, int>)Symbol("MPI_Abort"))(_world, code);

    /// <summary>Leaves the job in order, together with all others.</summary>
    public void Leave() => Check(((delegate* unmanaged<int>)Symbol("MPI_Finalize"))(), "MPI_Finalize");

    int Ask(string function)
    {
        int answer;
        Check(((delegate* unmanaged<nint, int*, int>)Symbol(function))(_world, &answer), function);
        return answer;
    }

    nint Symbol(string name) =>
        NativeLibrary.TryGetExport(_library, name, out var address)
            ? address
            : throw new TrainerJobException(
                "mpi",
                name,
                $"The MPI library has no {name}: several trainers need Open MPI, as the package openmpi-bin of Debian and Ubuntu."
            );

    void Check(int code, string function)
    {
        if (code == Success)
            return;
        var text = stackalloc byte[LongestError];
        int length;
        _ = ((delegate* unmanaged<int, byte*, int*, int>)Symbol("MPI_Error_string"))(code, text, &length);
        throw new TrainerJobException(
            function,
            $"{code}",
            $"The trainers lost each other ({function}: {Encoding.UTF8.GetString(text, length).TrimEnd('.')}): "
                + "see that all of them run, then go on with --resume."
        );
    }

    static nint Load()
    {
        foreach (var name in Names)
            if (NativeLibrary.TryLoad(name, out var library))
                return library;
        throw new TrainerJobException(
            "mpi",
            Names[0],
            $"Several trainers need Open MPI, and {Names[0]} cannot be loaded: install the package openmpi-bin."
        );
    }
}
