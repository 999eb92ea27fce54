namespace CoKe.Grains.Sequencing;

/// <summary>A grain of the run was found that has not been restored.</summary>
sealed class LostGrainException() : Exception("a grain was lost while nothing was sent to it.");

/// <summary>A newer trainer came in the middle of an epoch: the run is rolled back to its last boundary.</summary>
sealed class NewerTrainerException() : Exception("a newer trainer takes its place at the last boundary.");
