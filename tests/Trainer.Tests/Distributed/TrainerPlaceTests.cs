using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Trainer.Commands;

namespace CoKe.Trainer.Tests.Distributed;

public sealed class TrainerPlaceTests
{
    const string Rank = "OMPI_COMM_WORLD_RANK",
        World = "OMPI_COMM_WORLD_SIZE",
        Pmix = "PMIX_RANK";

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0, 1, "")]
    [InlineData(null, null, $"{Rank}=0 {World}=1")]
    [InlineData(null, 1, $"{Pmix}=3")] // srun -n 4, each with a run of its own
    public void Of_OneTrainer_IsNoPlace(int? rank, int? world, string environment) => Assert.Null(Of(rank, world, environment));

    [Theory]
    [InlineData(null, null, $"{Rank}=1 {World}=2")]
    [InlineData(1, 2, $"{Rank}=1 {World}=2")]
    [InlineData(null, 2, $"{Pmix}=1")]
    public void Of_SeveralTrainers_IsThatOfTheLauncher(int? rank, int? world, string environment) =>
        Assert.Equal(new RankPart(1, 2), Of(rank, world, environment));

    [Theory]
    [InlineData(
        null,
        2,
        "",
        "world",
        "--world 2 asks for several trainers, and this one was started alone: start the trainers by 'mpirun -n W', or leave --world out."
    )]
    [InlineData(null, 0, "", "world", "--world 0 is out of range: give as many as the launcher starts, or leave it out.")]
    [InlineData(
        null,
        -1,
        $"{Rank}=1 {World}=2",
        "world",
        "--world -1 is out of range: give as many as the launcher starts, or leave it out."
    )]
    [InlineData(
        3,
        1,
        $"{Pmix}=3",
        "rank",
        "--rank 3 is of a trainer among several, and this one was started alone: start the trainers by 'mpirun -n W', or leave --rank out."
    )]
    [InlineData(
        1,
        null,
        "",
        "rank",
        "--rank 1 is of a trainer among several, and this one was started alone: start the trainers by 'mpirun -n W', or leave --rank out."
    )]
    [InlineData(
        1,
        3,
        $"{Rank}=1 {World}=2",
        "world",
        "--world 3 contradicts mpirun, which started 2 trainers: leave it out, or start the trainers by 'mpirun -n 3'."
    )]
    [InlineData(0, null, $"{Rank}=1 {World}=2", "rank", "--rank 0 contradicts mpirun, for which this is trainer 1: leave it out.")]
    [InlineData(null, null, $"{Pmix}=1", "world", "The launcher does not say how many trainers it started: give --world W.")]
    [InlineData(null, 2, $"{Pmix}=2", "rank", "rank is 2; 2 trainers have ranks from 0 to 1.")]
    public void Of_APlaceThatIsNone_IsRefusedByName(int? rank, int? world, string environment, string field, string message)
    {
        var refused = Assert.Throws<InvalidOptionsException>(() =>
        {
            Of(rank, world, environment);
        });

        Assert.Equal((field, message), (refused.Field, refused.Message));
    }

    [Theory]
    [InlineData("PMI_SIZE=2 PMI_RANK=0", "PMI_SIZE=2")] // MPICH's mpiexec, Intel's mpirun, srun --mpi=pmi2
    [InlineData("PMI_SIZE=2 PMI_RANK=1 MPI_LOCALNRANKS=2", "PMI_SIZE=2")]
    [InlineData("PMI_SIZE=2", "PMI_SIZE=2")]
    [InlineData("SLURM_NTASKS=4 SLURM_PROCID=3", "SLURM_NTASKS=4")]
    [InlineData("SLURM_NTASKS=4 SLURM_NPROCS=4 SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=4")]
    [InlineData("SLURM_NPROCS=2 SLURM_PROCID=0", "SLURM_NPROCS=2")]
    [InlineData("WORLD_SIZE=2 RANK=1 LOCAL_RANK=1 MASTER_ADDR=localhost", "WORLD_SIZE=2")] // torchrun, accelerate, deepspeed
    [InlineData("WORLD_SIZE=8", "WORLD_SIZE=8")]
    [InlineData("LOCAL_WORLD_SIZE=2 LOCAL_RANK=1", "LOCAL_WORLD_SIZE=2")]
    [InlineData("MV2_COMM_WORLD_SIZE=2 MV2_COMM_WORLD_RANK=1", "MV2_COMM_WORLD_SIZE=2")]
    [InlineData("JSM_NAMESPACE_SIZE=2 JSM_NAMESPACE_RANK=1", "JSM_NAMESPACE_SIZE=2")]
    [InlineData("FLUX_JOB_SIZE=2 FLUX_TASK_RANK=1", "FLUX_JOB_SIZE=2")]
    [InlineData("HOROVOD_SIZE=2 HOROVOD_RANK=1", "HOROVOD_SIZE=2")]
    [InlineData("MPI_LOCALNRANKS=2 MPI_LOCALRANKID=1", "MPI_LOCALNRANKS=2")]
    [InlineData("PMI_RANK=1", "PMI_RANK=1")] // a second process, whoever counted
    [InlineData("SLURM_PROCID=1", "SLURM_PROCID=1")]
    [InlineData("RANK=3", "RANK=3")]
    [InlineData("PMI_SIZE=two PMI_RANK=0", "PMI_SIZE=two")]
    public void Of_SeveralProcessesOfALauncherThatIsNotUnderstood_IsRefusedByNameUnlessEachIsARunOfItsOwn(
        string environment,
        string variable
    )
    {
        foreach (var world in (int?[])[null, 2])
        {
            var refused = Assert.Throws<InvalidOptionsException>(() =>
            {
                Of(null, world, environment);
            });

            Assert.Equal("world", refused.Field);
            Assert.Contains(variable, refused.Message);
            Assert.Contains("mpirun -n", refused.Message);
            Assert.Contains("--world 1", refused.Message);
        }
        Assert.Null(Of(null, 1, environment)); // the remedy
    }

    [Theory]
    [InlineData("PMI_SIZE=1 PMI_RANK=0")]
    [InlineData("SLURM_NTASKS=1 SLURM_PROCID=0")]
    [InlineData("SLURM_NTASKS=4 SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0")] // srun -n 1 in an allocation for four
    [InlineData("WORLD_SIZE=1 RANK=0 LOCAL_RANK=0")]
    [InlineData("WORLD_SIZE= RANK=")]
    public void Of_ALauncherThatStartedOneProcess_IsNoPlace(string environment) => Assert.Null(Of(null, null, environment));

    [Theory]
    [InlineData($"{Rank}=1 {World}=2 SLURM_NTASKS=8 SLURM_PROCID=0")] // mpirun in an allocation
    [InlineData($"{Rank}=1 {World}=2 PMI_SIZE=2 PMI_RANK=1")]
    [InlineData($"{Rank}=1 {World}=2 WORLD_SIZE=4 RANK=3")]
    [InlineData($"{Pmix}=1 SLURM_NTASKS=2 SLURM_PROCID=1")] // srun --mpi=pmix
    [InlineData($"{Pmix}=1 SLURM_NTASKS=8 SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=1")]
    public void Of_ALauncherThatIsUnderstood_GoesBeforeOthers(string environment) =>
        Assert.Equal(new RankPart(1, 2), Of(null, null, environment));

    static RankPart? Of(int? rank, int? world, string environment)
    {
        var variables = environment
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return TrainerPlace.Of(rank, world, variables.GetValueOrDefault);
    }
}
