using System.Text;
using CoKe.Errors;
using CoKe.Learning.Data;
using static TorchSharp.torch;

namespace CoKe.Learning.Distributed;

/// <summary>The processes that mpirun started, one trainer each, and this one among them. One thread at a time uses it.</summary>
public sealed unsafe class TrainerJob : IDisposable
{
    readonly OpenMpi _mpi;
    bool _left;

    /// <summary>Joins the others.</summary>
    /// <param name="place">What this process was told to be.</param>
    /// <exception cref="InvalidOptionsException">The launcher knows another place.</exception>
    /// <exception cref="TrainerJobException">Open MPI is not there.</exception>
    public TrainerJob(RankPart place)
    {
        Part = place;
        _mpi = new OpenMpi();
        if ((_mpi.Rank, _mpi.World) is var (rank, world) && (rank, world) != (place.Rank, place.World))
            throw new InvalidOptionsException(
                "world",
                $"{place.World}",
                $"This is trainer {place.Rank} of {place.World}, but Open MPI knows process {rank} of {world}: "
                    + "start the trainers by the mpirun of the same Open MPI."
            );
        string[] machines = [.. Gather(Encoding.UTF8.GetBytes(Environment.MachineName)).Select(Encoding.UTF8.GetString)];
        LocalRank = machines[..place.Rank].Count(name => name == machines[place.Rank]);
        IsOnOneMachine = machines.Distinct().Count() == 1;
    }

    /// <summary>Which trainer this is.</summary>
    public RankPart Part { get; }

    /// <summary>How many trainers there are.</summary>
    public int World => Part.World;

    /// <summary>Which of the trainers on this machine this is, from 0.</summary>
    public int LocalRank { get; }

    /// <summary>Whether all trainers are on one machine.</summary>
    public bool IsOnOneMachine { get; }

    /// <inheritdoc cref="GatherFromTrainers"/>
    public byte[][] Gather(ReadOnlyMemory<byte> mine)
    {
        var sizes = new int[World];
        var own = mine.Length;
        fixed (int* all = sizes)
            _mpi.AllGather((byte*)&own, (byte*)all, sizeof(int));
        var offsets = new int[World];
        for (var rank = 1; rank < World; rank++)
            offsets[rank] = checked(offsets[rank - 1] + sizes[rank - 1]);
        var joined = new byte[checked(offsets[^1] + sizes[^1])];
        fixed (
            byte* sent = mine.Span,
                received = joined
        )
        fixed (
            int* counts = sizes,
                starts = offsets
        )
            _mpi.AllGather(sent, own, received, counts, starts);
        return [.. Enumerable.Range(0, World).Select(rank => joined[offsets[rank]..(offsets[rank] + sizes[rank])])];
    }

    /// <summary>Gives all trainers what trainer 0 has.</summary>
    /// <param name="mine">What is given; trainer 0's counts.</param>
    public byte[] Broadcast(byte[] mine)
    {
        var size = mine.Length;
        _mpi.Broadcast((byte*)&size, sizeof(int), 0);
        var values = Part.Rank == 0 ? mine : new byte[size];
        fixed (byte* all = values)
            _mpi.Broadcast(all, size, 0);
        return values;
    }

    /// <summary>Waits until all trainers are here.</summary>
    public void Meet() => Gather(ReadOnlyMemory<byte>.Empty);

    /// <summary>Every trainer's <paramref name="mine"/>, joined by rank, in <paramref name="all"/>. Both lie contiguous in the processors'
    /// memory.</summary>
    public void AllGather(Tensor mine, Tensor all)
    {
        fixed (
            byte* sent = mine.bytes,
                received = all.bytes
        )
            _mpi.AllGather(sent, received, mine.bytes.Length);
    }

    /// <summary>Sends a row to every trainer, and gets one of each. Both tensors lie contiguous in the processors' memory.</summary>
    /// <param name="mine">Row r is for trainer r.</param>
    /// <param name="all">Row r comes from trainer r.</param>
    public void AllToAll(Tensor mine, Tensor all)
    {
        fixed (
            byte* sent = mine.bytes,
                received = all.bytes
        )
            _mpi.AllToAll(sent, received, mine.bytes.Length / World);
    }

    /// <summary>Ends all trainers at once: what a trainer does that cannot go on, since the others would wait for it. After it has left,
    /// nobody waits for it any more.</summary>
    public void Abort(int code)
    {
        if (!_left)
            _mpi.Abort(code);
    }

    /// <summary>Leaves in order; waits for all others to do so.</summary>
    public void Dispose()
    {
        if (_left)
            return;
        _left = true;
        _mpi.Leave();
    }
}
