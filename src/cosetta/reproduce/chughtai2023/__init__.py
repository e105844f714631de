"""Chughtai, Chan and Nanda 2023, "A Toy Model of Universality": their released networks, figure by figure."""
