//! smi-metrics-model
